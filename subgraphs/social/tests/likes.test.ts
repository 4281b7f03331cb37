import { randomUUID } from 'node:crypto';
import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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

const fields = 'likeCount viewerLikes likers { nodes { id } edges { likedAt node { id } } }';

async function read(postId: string, viewer?: Person) {
  const answer = await social.send(
    `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Post { ${fields} } } }`,
    { ...(viewer && { as: viewer.as }), variables: { representations: [{ __typename: 'Post', id: postId }] } },
  );
  expect(answer.errors).toEqual([]);
  return answer.data._entities[0];
}

test('a like is counted, listed and known to who likes', async () => {
  const post = social.content.post(grace);
  expect(await read(post, ada)).toMatchObject({ likeCount: 0, viewerLikes: false, likers: { nodes: [] } });
  expect(await social.react(ada, 'like', post)).toEqual([]);
  expect(await social.react(grace, 'like', post)).toEqual([]);
  expect(await read(post, ada)).toMatchObject({
    likeCount: 2,
    viewerLikes: true,
    likers: { nodes: [{ id: grace.id }, { id: ada.id }] },
  });
  expect(await read(post)).toMatchObject({ likeCount: 2, viewerLikes: null });
  expect(await social.react(ada, 'unlike', post)).toEqual([]);
  expect(await read(post, ada)).toMatchObject({ likeCount: 1, viewerLikes: false });
});

test('a like that is repeated, also many times at once, counts once and tells once', async () => {
  const post = social.content.post(grace);
  const many = (verb: 'like' | 'unlike') =>
    Promise.all(Array.from({ length: 8 }, () => social.react(ada, verb, post))).then((codes) => codes.flat());
  expect(await many('like')).toEqual([]);
  expect(await read(post)).toMatchObject({ likeCount: 1 });
  expect(await many('unlike')).toEqual([]);
  expect(await read(post)).toMatchObject({ likeCount: 0 });
  expect(await social.events()).toEqual(['post_liked', 'post_unliked']);
});

test('likes of many people at once are all counted', async () => {
  const post = social.content.post(grace);
  const people = await Promise.all(Array.from({ length: 6 }, () => social.person()));
  await Promise.all(people.map((person) => social.react(person, 'like', post)));
  expect(await read(post)).toMatchObject({ likeCount: 6 });
});

test('a post that is not there or not to be seen cannot be liked, but a like of it can be taken back', async () => {
  const post = social.content.post(grace);
  await social.react(ada, 'like', post);
  social.content.hide(post);
  for (const missing of [post, randomUUID(), 'no-id'])
    expect(await social.react(ada, 'like', missing)).toEqual(['NOT_FOUND']);
  expect(await social.react(ada, 'unlike', post)).toEqual([]);
  expect(await social.react(ada, 'unlike', randomUUID())).toEqual([]);
  expect(await social.react(ada, 'unlike', 'no-id')).toEqual(['NOT_FOUND']);
  expect(await social.events()).toEqual(['post_liked', 'post_unliked']);
});

test('nobody likes across a block, whoever blocks', async () => {
  const post = social.content.post(grace);
  await social.relate(ada, 'block', grace.id);
  expect(await social.react(ada, 'like', post)).toEqual(['FORBIDDEN']);
  await social.relate(ada, 'unblock', grace.id);
  await social.relate(grace, 'block', ada.id);
  expect(await social.react(ada, 'like', post)).toEqual(['FORBIDDEN']);
  expect(await read(post)).toMatchObject({ likeCount: 0 });
});

test.each([10, 50])('the likes of %i posts cost three SQL statements', async (size) => {
  const posts = Array.from({ length: size }, () => randomUUID());
  await social.db
    .insertInto('likes')
    .values(posts.flatMap((post_id) => [1, 2].map(() => ({ post_id, user_id: randomUUID() }))))
    .execute();
  await social.db
    .insertInto('post_likes')
    .values(posts.map((post_id) => ({ post_id, author_id: grace.id, likes: 2 })))
    .execute();
  const statements = await statementsDuring(async () => {
    const answer = await social.send(
      `query ($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on Post { ${fields} } }
      }`,
      { as: ada.as, variables: { representations: posts.map((id) => ({ __typename: 'Post', id })) } },
    );
    const found: Array<{ likeCount: number; likers: { nodes: unknown[] } }> = answer.data._entities;
    expect(found.map(({ likeCount, likers }) => [likeCount, likers.nodes.length])).toEqual(posts.map(() => [2, 2]));
  });
  expect(statements).toHaveLength(3);
});

test('who takes back the like of a post that may not be seen any more sees no more of it by that', async () => {
  const post = social.content.post(grace);
  await social.react(ada, 'like', post);
  social.content.hide(post);
  const { data, errors } = await social.send(
    'mutation ($postId: ID!) { unlikePost(input: { postId: $postId }) { post { likeCount likers { nodes { id } } } } }',
    { as: ada.as, variables: { postId: post } },
  );
  expect([data.unlikePost, errors]).toEqual([{ post: null }, []]);
  expect(await social.events()).toEqual(['post_liked', 'post_unliked']);
});

test('while content is away nothing is liked, and a like can still be taken back', async () => {
  const [liked, other] = [social.content.post(grace), social.content.post(grace)];
  await social.react(ada, 'like', liked);
  await social.content.stop();
  expect(await social.react(ada, 'like', other)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(await social.react(ada, 'unlike', liked)).toEqual([]);
  expect(await social.events()).toEqual(['post_liked', 'post_unliked']);
});
