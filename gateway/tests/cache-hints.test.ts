import { readFileSync } from 'node:fs';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { openSupergraph, operationCacheability, planOperation, readSubgraphHints } from '@nova/federation';
import { documentId } from '@nova/persisted-queries/document-id';
import manifest from '@nova/persisted-queries/manifest.json' with { type: 'json' };
import {
  AddCommentDocument,
  CreatePostDocument,
  FollowUserDocument,
  HomePageDocument,
  PostPageDocument,
  ProfilePageDocument,
  RegisterDocument,
} from '@nova/persisted-queries/web';
import { subgraphNames, subgraphSdl, supergraphFile } from '@nova/schema';
import { postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

let nova: TestFederation;
let token: string;
let postId: string;
beforeAll(async () => {
  nova = await startFederation({ env: { PERSISTED_POLICY: 'id-only' } });
  const input = { email: 'ada@nova.test', username: 'ada', password: 'correct horse battery' };
  ({ accessToken: token } = (await post(RegisterDocument, { input })).register);
  postId = (await post(CreatePostDocument, { input: { body: 'Notes on the engine.' } })).createPost.post.id;
  await post(AddCommentDocument, { input: { postId, body: 'Note G!' } });
  const ada = token;
  const follower = { email: 'grace@nova.test', username: 'grace', password: 'correct horse battery' };
  token = '';
  ({ accessToken: token } = (await post(RegisterDocument, { input: follower })).register);
  const { userByUsername: followed } = await post(ProfilePageDocument, { username: 'ada' });
  await post(FollowUserDocument, { input: { userId: followed?.id ?? '' } });
  token = ada;
});
afterAll(() => nova.stop());

async function post<R, V extends object>(document: TypedDocumentNode<R, V>, variables: V) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return (await postGraphql(nova.url, { documentId: documentId(document), variables }, headers)).data;
}

async function get(id: string, variables: object, headers: Record<string, string> = {}): Promise<Response> {
  const search = new URLSearchParams({ documentId: id, variables: JSON.stringify(variables) });
  return fetch(`${nova.url}?${search}`, { headers: { 'apollo-require-preflight': 'true', ...headers } });
}

test('what is the viewer’s is never marked as everybody’s, not even for nobody', async () => {
  for (const headers of [undefined, { authorization: `Bearer ${token}` }]) {
    const answer = await get(documentId(HomePageDocument), {}, headers);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  }
});

test('what is everybody’s may be kept as long as its shortest part, and longer where there is no such part', async () => {
  const page = await get(documentId(PostPageDocument), { id: postId });
  expect(page.headers.get('cache-control')).toBe('public, max-age=5');
  // Whom the viewer blocks is left out of it.
  const own = await get(documentId(PostPageDocument), { id: postId }, { authorization: `Bearer ${token}` });
  expect(own.headers.get('cache-control')).toBe('private, max-age=5');
  const nobody = await get(documentId(PostPageDocument), { id: '00000000-0000-7000-8000-000000000000' });
  expect(await nobody.json()).toEqual({ data: { post: null } });
  expect(nobody.headers.get('cache-control')).toBe('public, max-age=30');
});

test('every query of the manifest may be kept as the report computes it from the SDL', async () => {
  const supergraph = openSupergraph(readFileSync(supergraphFile, 'utf8'));
  const hints = new Map(subgraphNames().map((name) => [name, readSubgraphHints(subgraphSdl(name))]));
  const variables = new Map<string, object>([
    ['PostPage', { id: postId }],
    ['PostForViewer', { id: postId }],
    ['ProfilePage', { username: 'ada' }],
    ['Followers', { username: 'ada' }],
    ['Search', { query: 'engine' }],
    ['Conversation', { id: postId }],
  ]);
  const queries = manifest.operations.filter(({ type }) => type === 'query');
  expect(queries.length).toBeGreaterThan(2);
  for (const { id, name, body } of queries) {
    const { maxAgeSeconds, scope } = operationCacheability(planOperation(supergraph, { query: body }), hints);
    const answer = await get(id, variables.get(name) ?? {});
    const expected = maxAgeSeconds === 0 ? 'no-store' : `${scope}, max-age=${maxAgeSeconds}`;
    expect([name, answer.headers.get('cache-control')]).toEqual([name, expected]);
    // What is the viewer's alone is refused without one.
    expect([name, maxAgeSeconds === 0 && answer.status === 401 ? 200 : answer.status]).toEqual([name, 200]);
  }
});
