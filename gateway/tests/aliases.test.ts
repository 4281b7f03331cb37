import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test.for<[what: string, query: string, data: object]>([
  [
    'a key that the plan needs',
    '{ post(id: "p1") { body: id author { id: username username: id displayName } } }',
    { post: { body: 'p1', author: { id: 'ada', username: 'u1', displayName: 'ADA' } } },
  ],
  [
    '__typename',
    '{ post(id: "p1") { __typename: id type: __typename } }',
    { post: { __typename: 'p1', type: 'Post' } },
  ],
  [
    'a field of objects',
    '{ post(id: "p1") { author { username id: posts(first: 1) { nodes { id } } } } }',
    { post: { author: { username: 'ada', id: { nodes: [{ id: 'p1' }] } } } },
  ],
  [
    'what every object seems to have',
    '{ __proto__: post(id: "p1") { constructor: author { toString: username } } }',
    JSON.parse('{"__proto__":{"constructor":{"toString":"ada"}}}'),
  ],
  [
    'each other',
    '{ a: post(id: "p1") { id } b: post(id: "p2") { id } post: post(id: "p3") { id } }',
    { a: { id: 'p1' }, b: { id: 'p2' }, post: { id: 'p3' } },
  ],
])('an alias may be the name of %s', async ([, query, data]) => {
  const { status, body } = await world.post({ query });
  expect([status, body]).toEqual([200, { data }]);
});

test('an error says its path by the aliases of the client', async () => {
  world.subgraphs.content.misbehave((_request, response) => {
    const path = /(\w+):\s*posts/.exec(world.subgraphs.content.calls.at(-1)?.query ?? '')?.[1];
    response.writeHead(200, { 'content-type': 'application/json' });
    const errors = [{ message: 'No.', path: [path], extensions: { code: 'NOT_FOUND' } }];
    response.end(JSON.stringify({ data: { [String(path)]: null }, errors }));
  });
  const { body } = await world.post({ query: '{ latest: posts(first: 1) { nodes { id } } }' });
  expect(body).toMatchObject({ data: { latest: null }, errors: [{ path: ['latest'] }] });
  world.subgraphs.content.misbehave(undefined);
});
