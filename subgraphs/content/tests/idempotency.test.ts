import { createHash, randomUUID } from 'node:crypto';
import { headerNames } from '@nova/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContent } from './_content.ts';

let content: Awaited<ReturnType<typeof startContent>>;
beforeAll(async () => {
  content = await startContent();
});
afterAll(() => content.stop());

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** Sends a mutation as the gateway would for a client that sent the key with it. */
function send(key: string, query: string, variables: object = {}) {
  const fingerprint = hash(JSON.stringify([query, variables]));
  const headers = { [headerNames.idempotencyKey]: `${hash(key)}:${fingerprint}` };
  return content.send(query, { as: content.author, variables, headers });
}

async function newPost(): Promise<string> {
  const { data } = await content.send(createPost, { as: content.author, variables: { body: 'A post.' } });
  return data.createPost.post.id;
}

async function eventsOf(id: string): Promise<number> {
  const rows = await content.db
    .withTables<{ outbox_events: { key: string } }>()
    .selectFrom('outbox_events')
    .select('key')
    .where('key', '=', id)
    .execute();
  return rows.length;
}

const createPost = `mutation ($body: String!) { createPost(input: { body: $body }) { post { id body } } }`;
const editPost = `mutation ($id: ID!, $body: String!) { editPost(input: { id: $id, body: $body }) { post { id body } } }`;
const deletePost = `mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }`;
const addComment = `mutation ($id: ID!) { addComment(input: { postId: $id, body: "!" }) { comment { id } } }`;
const deleteComment = `mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }`;

test('a post and a comment are made once for each key, with one event, and the repeat is told their ids', async () => {
  const [key, body] = [randomUUID(), randomUUID()];
  const first = await send(key, createPost, { body });
  const repeat = await send(key, createPost, { body });
  expect(repeat.data).toEqual(first.data);
  const { id } = first.data.createPost.post;
  expect(await content.db.selectFrom('posts').select('id').where('body', '=', body).execute()).toEqual([{ id }]);
  expect(await eventsOf(id)).toBe(1);

  const comment = await send(randomUUID(), addComment, { id });
  const commentKey = randomUUID();
  const [one, two] = [await send(commentKey, addComment, { id }), await send(commentKey, addComment, { id })];
  expect(two.data).toEqual(one.data);
  expect(one.data).not.toEqual(comment.data);
  expect(await content.db.selectFrom('comments').select('id').where('post_id', '=', id).execute()).toHaveLength(2);
});

test('what was deleted with a key is deleted for the repeat too, and not found without the key', async () => {
  const id = await newPost();
  const comment = await send(randomUUID(), addComment, { id });
  const keys = [randomUUID(), randomUUID()] as const;
  for (let time = 0; time < 2; time += 1) {
    const gone = await send(keys[0], deleteComment, { id: comment.data.addComment.comment.id });
    expect(gone.errors).toEqual([]);
  }
  for (let time = 0; time < 2; time += 1)
    expect((await send(keys[1], deletePost, { id })).data).toEqual({ deletePost: { deletedPostId: id } });
  expect((await send(randomUUID(), deletePost, { id })).errors[0]?.extensions.code).toBe('NOT_FOUND');
});

test('a post is edited once for each key, and a later edit is not undone by a repeat', async () => {
  const id = await newPost();
  const key = randomUUID();
  const first = await send(key, editPost, { id, body: 'Second' });
  await send(randomUUID(), editPost, { id, body: 'Third' });
  const repeat = await send(key, editPost, { id, body: 'Second' });
  expect([first, repeat].map(({ data }) => data.editPost.post.body)).toEqual(['Second', 'Third']);
  expect(await content.db.selectFrom('post_edits').select('id').where('post_id', '=', id).execute()).toHaveLength(2);
});

test('mutations of one document with one key take effect once each', async () => {
  const [key, body] = [randomUUID(), randomUUID()];
  const query = `mutation ($body: String!) {
    one: createPost(input: { body: $body }) { post { id } }
    two: createPost(input: { body: $body }) { post { id } }
    ...more
  }
  fragment more on Mutation { three: createPost(input: { body: $body }) { post { id } } }`;
  const first = await send(key, query, { body });
  const repeat = await send(key, query, { body });
  expect(repeat.data).toEqual(first.data);
  expect(await content.db.selectFrom('posts').select('id').where('body', '=', body).execute()).toHaveLength(3);
});

test('a key that comes with other variables is refused', async () => {
  const key = randomUUID();
  await send(key, createPost, { body: 'One.' });
  const other = await send(key, createPost, { body: 'Other.' });
  expect(other.errors[0]?.extensions.code).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('a refused mutation leaves its key free', async () => {
  const key = randomUUID();
  expect((await send(key, createPost, { body: ' ' })).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect((await send(key, deletePost, { id: randomUUID() })).errors[0]?.extensions.code).toBe('NOT_FOUND');
  expect((await send(key, createPost, { body: 'Better.' })).errors).toEqual([]);
});

test('a repeat whose post was deleted meanwhile says so and does not write it again', async () => {
  const [key, body] = [randomUUID(), randomUUID()];
  const { id } = (await send(key, createPost, { body })).data.createPost.post;
  await send(randomUUID(), deletePost, { id });
  expect((await send(key, createPost, { body })).errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', id });
});

test.each(['', 'abc', `${hash('a')}:`, `${hash('a')}:${hash('b')}:`])(
  'the key %j is refused unless empty',
  async (text) => {
    const answer = await content.send('{ __typename }', { headers: { [headerNames.idempotencyKey]: text } });
    expect([answer.status, answer.errors[0]?.extensions.code]).toEqual(
      text === '' ? [200, undefined] : [400, 'BAD_REQUEST'],
    );
  },
);

test('what is stored of a key are hashes and an id, not what was written', async () => {
  const [key, body] = [randomUUID(), randomUUID()];
  await send(key, createPost, { body });
  const rows = await content.db
    .withTables<{ idempotency_keys: Record<string, unknown> }>()
    .selectFrom('idempotency_keys')
    .selectAll()
    .execute();
  const stored = JSON.stringify(rows);
  expect(stored).toContain(hash(key));
  expect(stored).not.toContain(key);
  expect(stored).not.toContain(body);
});
