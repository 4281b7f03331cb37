import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const query =
  '{ posts(first: 3) { nodes { id author { id displayName } comments(first: 1) { nodes { author { username } } } } } }';

test('posts with authors and comments are answered over two subgraphs in one answer', async () => {
  const { status, body } = await world.post({ query });
  expect([status, body.errors]).toEqual([200, undefined]);
  expect(body.data.posts.nodes[1]).toEqual({
    id: 'p2',
    author: { id: 'u2', displayName: 'GRACE' },
    comments: { nodes: [{ author: { username: 'ada' } }] },
  });
  expect(world.subgraphs.content.calls).toHaveLength(1);
});

test('without the users’ service there are still posts, only their authors are missing', async () => {
  await world.subgraphs.user.kill();
  const { status, body } = await world.post({ query });
  expect(status).toBe(200);
  expect(body.data.posts.nodes.map(({ id }: { id: string }) => id)).toEqual(['p1', 'p2', 'p3']);
  expect(body.data.posts.nodes[0].author).toBeNull();
  expect(body.errors[0].extensions).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', retryable: true, service: 'user' });
});

test('a mutation is run by the one who is signed in, and by nobody else', async () => {
  const mutation = { query: 'mutation { createPost(input: { body: "Hello" }) { post { body author { username } } } }' };
  const refused = await world.post(mutation);
  expect([refused.status, refused.refusal.code]).toEqual([401, 'UNAUTHENTICATED']);
  const { body } = await world.post(mutation, { authorization: `Bearer ${await world.issuer.token()}` });
  expect(body).toEqual({ data: { createPost: { post: { body: 'Hello', author: { username: 'ada' } } } } });
});

test('an address for a subgraph that does not exist is reported, for it is most likely a misspelling', async () => {
  expect(world.logLines.filter(({ level }) => level === 'warn')).toEqual([]);
  await world.stop();
  world = await startWorld({ SUBGRAPH_URLS: 'usr=http://127.0.0.1:1/graphql' });
  expect(world.logLines).toContainEqual(expect.objectContaining({ level: 'warn', subgraphs: ['usr'] }));
});
