import { createHash, randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { UserFollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { anonymous, headerNames } from '@nova/runtime';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { maxFollowing } from '../src/relations/relation.ts';
import { type Person, type Social, startSocial } from './_social.ts';

let social: Social;
let ada: Person;
let grace: Person;
beforeAll(async () => {
  social = await startSocial();
});
afterAll(() => social?.stop());
beforeEach(async () => {
  [ada, grace] = [await social.person(), await social.person()];
  await sql`truncate outbox_events`.execute(social.db);
});

/** What the viewer reads of a user. */
async function read(user: Person, viewer?: Person) {
  const answer = await social.send(
    `query ($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on User {
          viewerFollows followsViewer viewerBlocks
          followers { nodes { id } edges { node { id } followedAt } pageInfo { hasNextPage } }
          following { nodes { id } }
        }
      }
    }`,
    { ...(viewer && { as: viewer.as }), variables: { representations: [{ __typename: 'User', id: user.id }] } },
  );
  expect(answer.errors).toEqual([]);
  return answer.data._entities[0];
}

/** Followers and following of a person as counted, next to the rows that there are. */
async function counts({ id }: Person) {
  const { rows } = await sql<{ counted: number[]; there: number[] }>`
    select array[followers, following] as counted,
      array[(select count(*) from follows where followee_id = ${id}),
        (select count(*) from follows where follower_id = ${id})]::int[] as there
    from members where user_id = ${id}`.execute(social.db);
  const [row] = rows;
  expect(row?.counted).toEqual(row?.there);
  return row?.counted;
}

test('who follows somebody is among the followers, and both see how they stand', async () => {
  expect(await social.relate(ada, 'follow', grace.id)).toEqual([]);
  expect(await read(grace, ada)).toMatchObject({
    viewerFollows: true,
    followsViewer: false,
    viewerBlocks: false,
    followers: { nodes: [{ id: ada.id }], edges: [{ node: { id: ada.id } }], pageInfo: { hasNextPage: false } },
    following: { nodes: [] },
  });
  expect(await read(ada, grace)).toMatchObject({ viewerFollows: false, followsViewer: true });
  expect(await read(ada)).toMatchObject({
    viewerFollows: null,
    followsViewer: null,
    viewerBlocks: null,
    following: { nodes: [{ id: grace.id }] },
  });
  expect([await counts(ada), await counts(grace)]).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test('the event of a follow says who, whom and when, and belongs to who follows', async () => {
  await social.relate(ada, 'follow', grace.id);
  const { rows } = await sql<{ key: string; payload: Uint8Array }>`select key, payload from outbox_events`.execute(
    social.db,
  );
  expect(rows.map(({ key }) => key)).toEqual([ada.id]);
  const event = fromBinary(UserFollowedSchema, rows[0]?.payload as Uint8Array);
  expect(event).toMatchObject({ followerId: ada.id, followeeId: grace.id });
  expect(event.followedAt).toBeDefined();
});

test('a follow that is repeated, also many times at once, counts once and tells once', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => social.relate(ada, 'follow', grace.id)));
  expect(answers.flat()).toEqual([]);
  expect(await counts(grace)).toEqual([1, 0]);
  expect(await social.events()).toEqual(['user_followed']);
  await Promise.all(Array.from({ length: 8 }, () => social.relate(ada, 'unfollow', grace.id)));
  expect(await counts(grace)).toEqual([0, 0]);
  expect(await social.events()).toEqual(['user_followed', 'user_unfollowed']);
});

test('two who follow each other at the same time both do', async () => {
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all([social.relate(ada, 'follow', grace.id), social.relate(grace, 'follow', ada.id)]);
    expect(answers.flat()).toEqual([]);
    await Promise.all([social.relate(ada, 'unfollow', grace.id), social.relate(grace, 'unfollow', ada.id)]);
  }
  expect([await counts(ada), await counts(grace)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});

test('a block ends follows both ways, with an event of each follower, and forbids new ones to both', async () => {
  await social.relate(ada, 'follow', grace.id);
  await social.relate(grace, 'follow', ada.id);
  expect(await social.relate(ada, 'block', grace.id)).toEqual([]);
  expect(await social.relate(ada, 'block', grace.id)).toEqual([]);
  expect((await social.events()).slice(2)).toEqual(['user_unfollowed', 'user_unfollowed', 'user_blocked']);
  expect([await counts(ada), await counts(grace)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(await read(grace, ada)).toMatchObject({ viewerBlocks: true, viewerFollows: false, followsViewer: false });
  expect(await read(ada, grace)).toMatchObject({ viewerBlocks: false });
  expect(await social.relate(ada, 'follow', grace.id)).toEqual(['FORBIDDEN']);
  expect(await social.relate(grace, 'follow', ada.id)).toEqual(['FORBIDDEN']);

  expect(await social.relate(grace, 'unblock', ada.id)).toEqual([]);
  expect(await social.relate(grace, 'follow', ada.id)).toEqual(['FORBIDDEN']);
  await social.relate(ada, 'unblock', grace.id);
  expect(await social.relate(grace, 'follow', ada.id)).toEqual([]);
  expect((await social.events()).slice(5)).toEqual(['user_unblocked', 'user_followed']);
});

test('a follow and a block at the same time never both stay', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [one, other] = [await social.person(), await social.person()];
    // Both have rows to lock: making these would keep the two apart already.
    await social.db
      .insertInto('members')
      .values([{ user_id: one.id }, { user_id: other.id }])
      .execute();
    await Promise.all([social.relate(one, 'follow', other.id), social.relate(other, 'block', one.id)]);
    const { rows } = await sql`select from follows where follower_id = ${one.id}`.execute(social.db);
    expect(rows).toEqual([]);
    expect(await counts(other)).toEqual([0, 0]);
  }
});

test('a repeat with its key does not undo what came after it', async () => {
  const hash = createHash('sha256').update(randomUUID()).digest('hex');
  const follow = () =>
    social.send('mutation ($userId: ID!) { followUser(input: { userId: $userId }) { user { id viewerFollows } } }', {
      as: ada.as,
      variables: { userId: grace.id },
      headers: { [headerNames.idempotencyKey]: `${hash}:${hash}` },
    });
  expect((await follow()).data.followUser).toEqual({ user: { id: grace.id, viewerFollows: true } });
  await social.relate(ada, 'unfollow', grace.id);
  expect((await follow()).data.followUser).toEqual({ user: { id: grace.id, viewerFollows: false } });
});

test('nobody acts on themselves, on who does not exist, or without an active account', async () => {
  const stranger = { id: randomUUID(), as: userIdentity(randomUUID()) };
  for (const verb of ['follow', 'block'] as const) {
    expect(await social.relate(ada, verb, ada.id)).toEqual(['BAD_USER_INPUT']);
    expect(await social.relate(ada, verb, randomUUID())).toEqual(['NOT_FOUND']);
    expect(await social.relate(ada, verb, 'nobody')).toEqual(['NOT_FOUND']);
    expect(await social.relate(stranger, verb, ada.id)).toEqual(['ACCOUNT_INACTIVE']);
  }
  for (const verb of ['unfollow', 'unblock'] as const) {
    expect(await social.relate(ada, verb, randomUUID())).toEqual([]);
    expect(await social.relate(ada, verb, 'nobody')).toEqual(['NOT_FOUND']);
    expect(await social.relate(stranger, verb, ada.id)).toEqual(['ACCOUNT_INACTIVE']);
  }
  expect(await social.events()).toEqual([]);
});

test('who is not signed in, or may not change relations, changes none', async () => {
  const muted = { id: ada.id, as: userIdentity(ada.id, ['write:posts']) };
  expect(await social.relate({ id: '', as: anonymous }, 'follow', grace.id)).toEqual(['UNAUTHENTICATED']);
  expect(await social.relate(muted, 'follow', grace.id)).toEqual(['FORBIDDEN']);
});

test('nobody follows more than the limit', async () => {
  await sql`insert into members (user_id, following) values (${ada.id}, ${maxFollowing})`.execute(social.db);
  expect(await social.relate(ada, 'follow', grace.id)).toEqual(['RESOURCE_EXHAUSTED']);
  expect(await social.events()).toEqual([]);
});

test('followers are listed page by page, the newest follow first', async () => {
  const ids = Array.from({ length: 7 }, () => randomUUID());
  for (const follower_id of ids)
    await social.db.insertInto('follows').values({ follower_id, followee_id: ada.id }).execute();
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const answer = await social.send(
      `query ($representations: [_Any!]!, $after: String) {
        _entities(representations: $representations) {
          ... on User { followers(first: 3, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }
        }
      }`,
      { variables: { after, representations: [{ __typename: 'User', id: ada.id }] } },
    );
    const { nodes, pageInfo } = answer.data._entities[0].followers;
    seen.push(...nodes.map(({ id }: Person) => id));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(seen).toEqual(ids.toReversed());
});

test.each([10, 50])('all that is asked about %i users costs three SQL statements', async (size) => {
  const users = Array.from({ length: size }, () => randomUUID());
  await social.db
    .insertInto('follows')
    .values(users.flatMap((followee_id) => [1, 2].map(() => ({ follower_id: randomUUID(), followee_id }))))
    .execute();
  const statements = await statementsDuring(async () => {
    const answer = await social.send(
      `query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
          ... on User {
            viewerFollows followsViewer viewerBlocks
            followers(first: 5) { nodes { id } } following(first: 5) { nodes { id } }
          }
        }
      }`,
      { as: ada.as, variables: { representations: users.map((id) => ({ __typename: 'User', id })) } },
    );
    const found: Array<{ followers: { nodes: unknown[] } }> = answer.data._entities;
    expect(found.map(({ followers }) => followers.nodes.length)).toEqual(users.map(() => 2));
  });
  expect(statements).toHaveLength(3);
});
