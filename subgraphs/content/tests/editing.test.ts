import { fromBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { PostEditedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { UserIdentity } from '@nova/runtime';
import { registerAccount, statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
beforeAll(async () => {
  content = await startContent();
});
afterAll(() => content?.stop());

const editing = `mutation ($id: ID!, $body: String!) {
  editPost(input: { id: $id, body: $body }) { post { id body editedAt hashtags } }
}`;
const edit = (id: string, body: string, as: UserIdentity = content.author) =>
  content.send(editing, { as, variables: { id, body } });

async function earlierBodies(id: string, first = 20, after: string | null = null) {
  const { data } = await content.send(
    `query ($id: ID!, $first: Int, $after: String) {
      post(id: $id) { edits(first: $first, after: $after) {
        nodes { body replacedAt } pageInfo { hasNextPage endCursor }
      } }
    }`,
    { variables: { id, first, after } },
  );
  return data.post.edits;
}

test('an edited post says what it says now, when it was edited, and what it said before, the latest first', async () => {
  const id = await newPost(content, { body: 'One #a' });
  expect((await earlierBodies(id)).nodes).toEqual([]);
  await edit(id, 'Two #b');
  const { data } = await edit(id, ' Three #c ');
  expect(data.editPost.post).toMatchObject({ id, body: 'Three #c', hashtags: ['c'] });
  expect(Date.parse(data.editPost.post.editedAt)).toBeGreaterThan(Date.now() - 60_000);
  const first = await earlierBodies(id, 1);
  expect(first).toMatchObject({ nodes: [{ body: 'Two #b' }], pageInfo: { hasNextPage: true } });
  const second = await earlierBodies(id, 1, first.pageInfo.endCursor);
  expect(second).toMatchObject({ nodes: [{ body: 'One #a' }], pageInfo: { hasNextPage: false } });
});

test('an edit is an event of its post; the same text again is no edit', async () => {
  const id = await newPost(content, { body: 'Once' });
  await sql`truncate outbox_events`.execute(content.db);
  await edit(id, 'Twice');
  const { data } = await edit(id, 'Twice ');
  const { rows } = await sql<{ key: string; type: string; payload: Uint8Array }>`select * from outbox_events`.execute(
    content.db,
  );
  expect(rows).toMatchObject([{ key: id, type: 'content.post_edited' }]);
  const event = fromBinary(PostEditedSchema, rows[0]?.payload as Uint8Array);
  expect(event).toMatchObject({ postId: id, authorId: content.author.userId });
  expect(event.editedAt && timestampDate(event.editedAt).toISOString()).toBe(data.editPost.post.editedAt);
  expect((await earlierBodies(id)).nodes).toHaveLength(1);
});

test('only its author edits a post, moderators neither, and only one that is there', async () => {
  const id = await newPost(content, {});
  const other = await registerAccount(content, 'grace');
  const codes = async (as: UserIdentity, target = id, body = 'Mine now') =>
    (await edit(target, body, as)).errors.map(({ extensions }) => extensions.code);
  const moderator = {
    ...userIdentity(other.userId, ['write:posts', 'delete:post']),
    userId: other.userId,
  } as UserIdentity;
  expect(await codes(other)).toEqual(['FORBIDDEN']);
  expect(await codes(moderator)).toEqual(['FORBIDDEN']);
  expect(await codes(content.author, 'nothing')).toEqual(['NOT_FOUND']);
  expect(await codes(content.author, id, '  ')).toEqual(['BAD_USER_INPUT']);
  expect((await earlierBodies(id)).nodes).toEqual([]);
});

test('of edits at the same time none is lost: every body but the last is kept once', async () => {
  const id = await newPost(content, { body: 'Body 0' });
  const bodies = Array.from({ length: 12 }, (_, n) => `Body ${n + 1}`);
  const answers = await Promise.all(bodies.map((body) => edit(id, body)));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  const { data } = await content.send('query ($id: ID!) { post(id: $id) { body } }', { variables: { id } });
  const kept = (await earlierBodies(id, 100)).nodes.map(({ body }: { body: string }) => body);
  expect([...kept, data.post.body].toSorted()).toEqual(['Body 0', ...bodies].toSorted());
});

test.each([10, 50])('the edits of %i posts cost one statement beside that of the posts', async (count) => {
  const rows = await content.db
    .insertInto('posts')
    .values(Array.from({ length: count }, () => ({ author_id: content.author.userId, body: 'Now' })))
    .returning('id')
    .execute();
  await content.db
    .insertInto('post_edits')
    .values(rows.flatMap(({ id }) => [1, 2].map(() => ({ post_id: id, body: 'Before' }))))
    .execute();
  const statements = await statementsDuring(async () => {
    const { data } = await content.send(
      'query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on Post { edits { nodes { body } } } } }',
      { variables: { ids: rows.map(({ id }) => ({ __typename: 'Post', id })) } },
    );
    expect(data._entities[0].edits.nodes).toHaveLength(2);
  });
  expect(statements).toHaveLength(2);
});
