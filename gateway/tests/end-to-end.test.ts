import { readFileSync } from 'node:fs';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { errorCodes } from '@nova/errors';
import { documentId } from '@nova/persisted-queries/document-id';
import {
  AddCommentDocument,
  CreatePostDocument,
  DeletePostDocument,
  HomePageDocument,
  LoginDocument,
  PostPageDocument,
  RegisterDocument,
} from '@nova/persisted-queries/web';
import { isNovaError, type NovaAnswer } from '@nova/persisted-queries/web/errors';
import { postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let nova: TestFederation;
beforeAll(async () => {
  nova = await startFederation({ env: { PERSISTED_POLICY: 'id-only' } });
});
afterAll(() => nova.stop());

/** Sends a typed document the way a web client does: by the id it carries. */
async function send<R, V extends object>(document: TypedDocumentNode<R, V>, variables: V, accessToken?: string) {
  const headers: Record<string, string> = accessToken ? { authorization: `Bearer ${accessToken}` } : {};
  const answer = await postGraphql(nova.url, { documentId: documentId(document), variables }, headers);
  expect(answer.errors).toEqual([]);
  expect(answer.status).toBe(200);
  return answer.data;
}

async function fetchesOf(operation: string): Promise<number> {
  const page = await fetch(`${nova.gateway.adminUrl}/metrics`).then((response) => response.text());
  const line = page
    .split('\n')
    .find((it) => it.startsWith('gateway_operation_fetches_sum') && it.includes(`"${operation}"`));
  return Number(line?.split(' ').at(-1));
}

test('a person signs up, signs in, posts, reads posts with authors and comments over three subgraphs, and deletes the post', async () => {
  const account = { email: 'ada@nova.test', username: 'ada', password: 'correct horse battery' };
  await send(RegisterDocument, { input: account });
  const { login } = await send(LoginDocument, { input: { email: account.email, password: account.password } });
  const token: string = login.accessToken;

  const { createPost } = await send(CreatePostDocument, { input: { body: 'Notes on the engine.' } }, token);
  const postId: string = createPost.post.id;
  const ada = { id: login.account.id, username: 'ada', displayName: 'ada' };
  expect(createPost.post.author).toEqual(ada);
  const { addComment } = await send(AddCommentDocument, { input: { postId, body: 'Note G!' } }, token);

  const before = (await fetchesOf('HomePage')) || 0;
  const home = await send(HomePageDocument, { first: 10 }, token);
  expect(home.viewer).toEqual({ id: ada.id, username: 'ada' });
  expect(home.posts.nodes).toEqual([
    {
      id: postId,
      body: 'Notes on the engine.',
      createdAt: createPost.post.createdAt,
      commentCount: 1,
      author: ada,
      comments: { nodes: [{ id: addComment.comment.id, body: 'Note G!', author: ada }] },
    },
  ]);
  // identity for the viewer, content for the posts, user once for both paths to a person.
  expect((await fetchesOf('HomePage')) - before).toBe(3);

  await send(DeletePostDocument, { input: { id: postId } }, token);
  expect((await send(HomePageDocument, { first: 10 }, token)).posts.nodes).toEqual([]);
  expect((await send(PostPageDocument, { id: postId }, token)).post).toBeNull();
});

test('a generated client knows the type of its data by id, and tells its errors apart by their code', async () => {
  const ask = async <R, V extends object>(document: TypedDocumentNode<R, V>, variables: V): Promise<NovaAnswer<R>> => {
    const response = await fetch(nova.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documentId: documentId(document), variables }),
    });
    return (await response.json()) as NovaAnswer<R>;
  };
  const account = { email: 'joan@nova.test', username: 'joan', password: 'correct horse battery' };
  const { data } = await ask(RegisterDocument, { input: account });
  const username: string | undefined = data?.register.account.username;
  expect(username).toBe('joan');

  const wrong = { email: account.email, password: 'a wrong password' };
  const refused = await ask(LoginDocument, { input: wrong });
  expect(refused.data ?? null).toBeNull();
  const [error] = refused.errors ?? [];
  expect(isNovaError(error, 'ACCOUNT_LOCKED')).toBe(false);
  expect(isNovaError(error, 'INVALID_CREDENTIALS')).toBe(true);
  if (!isNovaError(error, 'INVALID_CREDENTIALS')) return;
  const code: 'INVALID_CREDENTIALS' = error.extensions.code;
  expect(error.extensions).toEqual({ code, retryable: false, requestId: expect.stringMatching(/^[\w-]{8,64}$/) });
  for (const other of [undefined, null, 'INTERNAL_ERROR', new Error('no'), { extensions: {} }])
    expect(isNovaError(other, 'INTERNAL_ERROR')).toBe(false);
});

test('the error list of a client has every code and no other', async () => {
  const file = new URL('../../persisted-queries/gen/web/errors.ts', import.meta.url);
  const codes = [...readFileSync(file, 'utf8').matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code);
  expect(codes).toEqual(Object.keys(errorCodes));
});

let open: TestFederation;
beforeAll(async () => {
  open = await startFederation();
});
afterAll(() => open.stop());

test.each([
  ['a huge page', { first: 100_000 }, 'COMPLEXITY_LIMIT_EXCEEDED'],
  ['a negative page', { first: -1 }, 'INVALID_PAGE_SIZE'],
  ['a page past the limit', { first: 101 }, 'INVALID_PAGE_SIZE'],
  ['a cursor of nobody', { first: 1, after: 'bm90aGluZw' }, 'INVALID_CURSOR'],
  ['a page of words', { first: 'ten' }, 'BAD_USER_INPUT'],
])('%s is refused as the client’s mistake', async (_name, variables, code) => {
  const query = `query ($first: Int!, $after: String) { posts(first: $first, after: $after) { nodes { id } } }`;
  const answer = await postGraphql(open.url, { query, variables });
  expect(answer.errors[0]?.extensions.code).toBe(code);
  expect(answer.status).toBe(400);
  expect(answer.data?.posts ?? null).toBeNull();
});

test.each([
  ['a username', '{ userByUsername(username: "A B!") { id } }'],
  ['an email', 'mutation { login(input: { email: "nope", password: "long enough" }) { accessToken } }'],
])('%s written into the document that no such scalar can hold is the client’s mistake', async (_name, query) => {
  const answer = await postGraphql(open.url, { query });
  expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
  expect(answer.errors[0]?.message).toMatch(/(Username|Email) must be/);
});

test('while a subgraph is away its fields are null with a retryable code, and the rest is served', async () => {
  const account = { email: 'grace@nova.test', username: 'grace', password: 'correct horse battery' };
  const register = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`;
  const { data } = await postGraphql(open.url, { query: register, variables: { input: account } });
  const headers = { authorization: `Bearer ${data.register.accessToken}` };
  const create = `mutation { createPost(input: { body: "Nanoseconds." }) { post { id } } }`;
  await postGraphql(open.url, { query: create }, headers);
  await open.subgraphs.user.stop();
  const query = `{ viewer { username user { displayName } } posts(first: 1) { nodes { body author { displayName } } } }`;
  const answer = await postGraphql(open.url, { query }, headers);
  expect(answer.status).toBe(200);
  expect(answer.data).toEqual({
    viewer: { username: 'grace', user: null },
    posts: { nodes: [{ body: 'Nanoseconds.', author: null }] },
  });
  expect(answer.errors.length).toBeGreaterThan(0);
  for (const { extensions } of answer.errors) {
    expect(extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', retryable: true, service: 'user' });
  }
});

test('without content a person is served, and only their posts are missing', async () => {
  const nova = await startFederation();
  try {
    const account = { email: 'emmy@nova.test', username: 'emmy', password: 'correct horse battery' };
    const register = `mutation ($input: RegisterInput!) { register(input: $input) { account { id } } }`;
    await postGraphql(nova.url, { query: register, variables: { input: account } });
    await nova.subgraphs.content.stop();
    const query = `{ userByUsername(username: "emmy") { displayName posts(first: 1) { nodes { id } } } posts(first: 1) { nodes { id } } }`;
    const answer = await postGraphql(nova.url, { query });
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ userByUsername: { displayName: 'emmy', posts: null }, posts: null });
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', service: 'content' });
  } finally {
    await nova.stop();
  }
});

test('a sixth guess of a password within a minute is not even looked at', async () => {
  const guesses = (count: number) =>
    `mutation { ${Array.from({ length: count }, (_, at) => `g${at}: login(input: { email: "who@nova.test", password: "guess number ${at}" }) { accessToken }`).join(' ')} }`;
  const first = await postGraphql(open.url, { query: guesses(1) });
  expect(first.errors[0]?.extensions.code).toBe('INVALID_CREDENTIALS');
  const twenty = await postGraphql(open.url, { query: guesses(20) });
  expect([twenty.status, twenty.errors[0]?.extensions]).toMatchObject([
    429,
    { code: 'RATE_LIMITED', rule: 'fields', field: 'login', limit: 5 },
  ]);
});
