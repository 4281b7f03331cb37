import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  // How busy the machine is does not matter here.
  world = await startWorld({ MAX_EVENT_LOOP_LAG_MS: '60000' });
});
afterEach(() => world.subgraphs.user.misbehave(undefined));
afterAll(() => world.stop());

const secret = 'postgres://10.1.2.3:5432 refused';
const mostCpuMs = 1_500;

/** Sends the text whatever is asked. `status` 200 is the most credible. */
function answers(text: string | Buffer, status = 200) {
  world.subgraphs.user.misbehave((_request, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(text);
  });
}

/** What every answer is, however bad the subgraph: cheap, coded, without its words and without consequences. */
async function ask(query: string) {
  const before = process.threadCpuUsage();
  const answer = await world.post({ query });
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(mostCpuMs);
  expect(answer.text).not.toMatch(/10\.1\.2\.3|127\.0\.0\.1|postgres|stack|polluted/);
  expect(answer.text.length).toBeLessThan(100_000);
  for (const { message, extensions } of answer.body.errors ?? []) {
    expect(message.length).toBeLessThan(600);
    expect(extensions).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), requestId: expect.any(String) });
  }
  for (const name of ['polluted', 'username', 'data', 'bio'])
    expect(([{}, [], () => {}] as Array<Record<string, unknown>>).map((it) => it[name])).toEqual(
      Array(3).fill(undefined),
    );
  expect(answer.body.data?.posts ?? { nodes: [{ id: 'p1' }] }).toEqual({ nodes: [{ id: 'p1' }] });
  return answer;
}

const rootQuery = '{ posts(first: 1) { nodes { id } } user(id: "u1") { username bio } }';
const manyErrors = Array.from({ length: 10_000 }, (_, at) => ({
  message: secret,
  path: ['user', at % 2 ? -1 : 1e308, '__proto__', 'constructor', at],
  extensions: { code: 'X', __proto__: null, polluted: 1 },
}));

test.each<[what: string, text: string | Buffer]>([
  ['100 000 open brackets', '['.repeat(100_000)],
  ['100 000 levels of data', `{"data":{"user":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ['100 000 levels of objects', `{"data":{"user":${'{"bio":'.repeat(100_000)}1${'}'.repeat(100_000)}}}`],
  ['more than 10 MB', `{"data":{"user":{"username":"${'x'.repeat(11_000_000)}"}}}`],
  ['half of an answer', '{"data":{"user":{"username":"a'],
  ['bytes that are no text', Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d])],
  ['a list for an object', '{"data":{"user":[{"username":"a"}]}}'],
  ['a text for an object', `{"data":{"user":"${secret}"}}`],
  ['a number for an object', '{"data":{"user":7}}'],
  ['a number beyond all numbers', '{"data":{"user":{"username":1e999,"bio":null}}}'],
  ['a type that does not exist', `{"data":{"user":{"__typename":"${secret}","username":7}}}`],
  ['data of nothing', '{"data":null}'],
  ['10 000 errors at strange places', JSON.stringify({ data: null, errors: manyErrors })],
  ['errors without end in one message', JSON.stringify({ errors: [{ message: secret.repeat(10_000) }] })],
  [
    'errors whose extensions are names of everything',
    `{"data":null,"errors":[{"message":"${secret}","extensions":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}]}`,
  ],
])('%s costs the fields of that subgraph only, and is explained', async (_what, text) => {
  answers(text);
  const { status, body } = await ask(rootQuery);
  expect([status, body.data.user]).toEqual([200, null]);
  expect(body.errors.length).toBeGreaterThan(0);
});

test.each<[what: string, bio: string]>([
  ['an object', `{"${secret}":1}`],
  ['a list', `["${secret}"]`],
  ['a huge number', '123456789012345678901234567890'],
  ['a number beyond all numbers', '-1e999'],
])('%s for a text costs that text, and is explained', async (_what, bio) => {
  answers(`{"data":{"user":{"username":"ada","bio":${bio}}}}`);
  const { status, body } = await ask(rootQuery);
  expect([status, body.data.user]).toEqual([200, { username: 'ada', bio: null }]);
  expect(body.errors).toMatchObject([{ path: ['user', 'bio'], extensions: { code: 'INTERNAL_ERROR' } }]);
});

test.each<[what: string, text: string]>([
  [
    'names of prototypes at every level',
    `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
      "user":{"__proto__":{"polluted":1,"bio":"stolen"},"prototype":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"username":"ada","bio":null}}}`,
  ],
  [
    'names that come twice',
    '{"data":{"user":{"username":"eve","username":"ada","bio":null}},"data":{"user":{"username":"ada","bio":null}}}',
  ],
  ['bytes that are no text within one', '{"data":{"user":{"username":"ada","bio":null,"extra":"\ud800"}}}'],
])('%s are read like anything else', async (_what, text) => {
  answers(text);
  const { status, body } = await ask(rootQuery);
  expect([status, body]).toEqual([
    200,
    { data: { posts: { nodes: [{ id: 'p1' }] }, user: { username: 'ada', bio: null } } },
  ]);
});

test.each<[what: string, entities: string]>([
  ['too few', '[]'],
  ['too many', '[{"bio":"a"},{"bio":"b"},{"bio":"c"}]'],
  ['none', 'null'],
  ['an object', '{"0":{"bio":"a"},"length":1}'],
  ['a number for one', '[7]'],
  ['a text for one', `["${secret}"]`],
  ['a list for one', '[[{"bio":"a"}]]'],
  ['one of another type', '[{"__typename":"Post","bio":"a"}]'],
  ['one of no type', '[{"__typename":{"polluted":1},"bio":"a"}]'],
])('entities that are %s cost what was asked of them, and are explained', async (_what, entities) => {
  answers(`{"data":{"_entities":${entities}}}`);
  const { status, body } = await ask('{ post(id: "p1") { body author { id bio } } }');
  expect([status, body.data]).toEqual([200, { post: { body: 'Post 1', author: { id: 'u1', bio: null } } }]);
  expect(body.errors).toHaveLength(1);
});

test('errors about entities that were not asked for are told where that can be, and not too often', async () => {
  const errors = [-1, 1.5, 1e308, 9, 'x', null, {}, '__proto__'].map((place) => ({
    message: secret,
    path: ['_entities', place, 'bio'],
  }));
  answers(JSON.stringify({ data: { _entities: [null] }, errors: [...errors, ...manyErrors] }));
  const { body } = await ask('{ post(id: "p1") { body author { id bio } } }');
  expect(body.data).toEqual({ post: { body: 'Post 1', author: { id: 'u1', bio: null } } });
  expect(body.errors.length).toBeGreaterThan(0);
  expect(body.errors.length).toBeLessThanOrEqual(100);
});
