import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { askAndHangUp } from './_ask-and-hang-up.ts';
import { startTangledWorld, tree } from './_tangled-supergraph.ts';
import { type Answer, startWorld, type World } from './_world.ts';

let world: World;
let token: string;
beforeEach(async () => {
  world = await startWorld({ IDEMPOTENCY_KEYS: 'required' });
  token = await world.issuer.token();
});
afterEach(() => world.stop());

const createPost = 'mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { id body } } }';
const created = '{"data":{"createPost":{"post":{"id":"p99","body":"Held."}}}}';

type Sent = { key?: string; body?: string; query?: string; token?: string };

function headersOf({ key, token: own = token }: Sent): Record<string, string> {
  return {
    ...(own !== '' && { authorization: `Bearer ${own}` }),
    ...(key !== undefined && { 'x-idempotency-key': key }),
  };
}

function create(sent: Sent = {}): Promise<Answer> {
  const { body = 'Hello', query = createPost } = sent;
  return world.post({ query, variables: { input: { body } } }, headersOf(sent));
}

const calls = () => world.subgraphs.content.calls.length;
const isReplay = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';

/** Content answers nothing by itself any more; resolves when it is asked. */
function hold(): Promise<ServerResponse> {
  const held = Promise.withResolvers<ServerResponse>();
  world.subgraphs.content.misbehave((_request, response) => held.resolve(response));
  return held.promise;
}

function answerHeld(response: ServerResponse): void {
  world.subgraphs.content.misbehave(undefined);
  response.writeHead(200, { 'content-type': 'application/json' }).end(created);
}

test('a repeat gets the first answer byte for byte and asks no subgraph', async () => {
  const key = randomUUID();
  const first = await create({ key });
  expect([first.status, isReplay(first), calls()]).toEqual([200, false, 1]);
  const repeat = await create({ key });
  expect([repeat.status, repeat.text, isReplay(repeat), calls()]).toEqual([200, first.text, true, 1]);
  expect(repeat.headers.get('content-type')).toBe(first.headers.get('content-type'));
  expect(await world.series('gateway_idempotent_requests_total', { verdict: 'replayed' })).toBe(1);
});

test('a refusal by a subgraph is repeated too, with its status', async () => {
  const key = randomUUID();
  world.subgraphs.content.misbehave((_request, response) => {
    const error = { message: 'No.', path: ['createPost'], extensions: { code: 'FORBIDDEN' } };
    response.end(JSON.stringify({ data: null, errors: [error] }));
  });
  const first = await create({ key });
  expect([first.status, first.refusal.code]).toEqual([403, 'FORBIDDEN']);
  const repeat = await create({ key });
  expect([repeat.status, repeat.text, isReplay(repeat), calls()]).toEqual([403, first.text, true, 1]);
});

test('an operation that is not for its viewer is refused before its key is looked at, and leaves it free', async () => {
  const key = randomUUID();
  expect((await create({ key, token: '' })).refusal.code).toBe('UNAUTHENTICATED');
  const signedIn = await create({ key });
  expect([signedIn.status, isReplay(signedIn), calls()]).toEqual([200, false, 1]);
});

test('the order of variables does not matter, what they say does, and so do the operation and its text', async () => {
  const [key, text] = [
    randomUUID(),
    `mutation A($a: String!, $b: String!) { x: createPost(input: { body: $a }) { post { body } } y: createPost(input: { body: $b }) { post { body } } }
     mutation B { createPost(input: { body: "B" }) { post { body } } }`,
  ];
  const ask = (operationName: string, variables: object, query = text) =>
    world.post({ query, operationName, variables }, headersOf({ key }));
  expect((await ask('A', { a: '1', b: '2' })).status).toBe(200);
  expect(isReplay(await ask('A', { b: '2', a: '1' }))).toBe(true);
  for (const other of [
    await ask('A', { a: '2', b: '1' }),
    await ask('B', { a: '1', b: '2' }),
    await ask('A', { a: '1', b: '2' }, `${text} `),
  ])
    expect([other.status, other.refusal.code, isReplay(other)]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED', false]);
  expect(calls()).toBe(1);
});

test('the same key of two viewers does not meet', async () => {
  const key = randomUUID();
  const other = await world.issuer.token({ claims: { sub: 'u2' } });
  const query = 'mutation { createPost(input: { body: "Mine" }) { post { author { username } } } }';
  const answers = [await create({ key, query }), await create({ key, query, token: other })];
  expect(answers.map(({ body }) => body.data.createPost.post.author.username)).toEqual(['ada', 'grace']);
  expect((await create({ key, query, token: '' })).status).toBe(401);
});

test('a new access token of the same viewer makes no other key', async () => {
  const key = randomUUID();
  await create({ key });
  const refreshed = await world.issuer.token({ claims: { sid: 's2' } });
  expect(isReplay(await create({ key, token: refreshed }))).toBe(true);
});

test('a repeat while the first is running is told to come again, and then gets its answer', async () => {
  const key = randomUUID();
  const held = hold();
  const first = create({ key });
  const response = await held;
  const early = await create({ key });
  expect([early.status, early.refusal.code, early.refusal.retryable]).toEqual([
    409,
    'IDEMPOTENT_REQUEST_RUNNING',
    true,
  ]);
  expect(early.headers.get('retry-after')).toBe('1');
  answerHeld(response);
  const { text } = await first;
  expect(await create({ key })).toMatchObject({ status: 200, text });
  expect(calls()).toBe(1);
});

test('a mutation without a key is refused before any subgraph is asked; a query needs none', async () => {
  const refused = await create();
  expect([refused.status, refused.refusal.code, calls()]).toEqual([400, 'IDEMPOTENCY_KEY_REQUIRED', 0]);
  expect((await world.post({ query: '{ posts(first: 1) { nodes { id } } }' })).status).toBe(200);
});

test.each(['seven-7', 'a'.repeat(129), 'with space', 'ümlauts-'])('the key %j is refused', async (key) => {
  const refused = await create({ key });
  expect([refused.status, refused.refusal.code, calls()]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID', 0]);
});

test.each(['eight-88', 'a'.repeat(128), '{"id":"~!"}'])('the key %j is taken', async (key) => {
  expect((await create({ key })).status).toBe(200);
});

test('subgraphs are told hashes of the key with a mutation, and nothing with a query', async () => {
  const key = randomUUID();
  await create({ key });
  await world.post({ query: '{ posts(first: 1) { nodes { id } } }' }, headersOf({ key }));
  const sent = world.subgraphs.content.calls.map(({ headers }) => headers['x-nova-idempotency-key']);
  expect(sent).toEqual([expect.stringMatching(/^[0-9a-f]{64}:[0-9a-f]{64}$/), undefined]);
});

test.each([
  ['does not answer', (response: ServerResponse) => response.destroy(), 503],
  ['answers nonsense', (response: ServerResponse) => response.end('<html>'), 503],
])('when a subgraph %s, the retry with the same key is tried again', async (_what, misbehaviour, status) => {
  const key = randomUUID();
  world.subgraphs.content.misbehave((_request, response) => misbehaviour(response));
  const failed = await create({ key });
  expect([failed.status, failed.refusal.retryable]).toEqual([status, true]);
  world.subgraphs.content.misbehave(undefined);
  const retry = await create({ key });
  expect([retry.status, isReplay(retry), calls()]).toEqual([200, false, 2]);
});

test('a request whose client hung up leaves its key free', async () => {
  const key = randomUUID();
  const held = hold();
  const body = { query: createPost, variables: { input: { body: 'Hello' } } };
  const hangUp = askAndHangUp(world, body, headersOf({ key }));
  await held;
  expect(await hangUp()).toBe(true);
  world.subgraphs.content.misbehave(undefined);
  await expect.poll(async () => (await create({ key })).status).toBe(200);
});

test('a request whose time was up leaves its key free', async () => {
  await world.stop();
  world = await startWorld({ REQUEST_TIMEOUT_MS: '400' });
  token = await world.issuer.token();
  const key = randomUUID();
  void hold();
  expect((await create({ key })).refusal.code).toBe('DEADLINE_EXCEEDED');
  world.subgraphs.content.misbehave(undefined);
  // 400 ms may be too few for a busy machine: tried again like by a client.
  await expect.poll(async () => (await create({ key })).status).toBe(200);
});

test('a mutation that was refused before it was executed leaves its key free', async () => {
  await world.stop();
  ({ world } = await startTangledWorld());
  const renew = (fields: string) =>
    world.post({ query: `mutation { renew { ${fields} } }` }, headersOf({ key: 'renew-once', token: '' }));
  expect((await renew(tree(3))).refusal.code).toBe('PLANNING_LIMIT_EXCEEDED');
  expect((await renew('id')).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
});

test('an answer of more than a mebibyte is not kept', async () => {
  const key = randomUUID();
  const body = 'x'.repeat(1_100_000);
  world.subgraphs.content.misbehave((_request, response) => {
    response.end(JSON.stringify({ data: { createPost: { post: { id: 'p1', body } } } }));
  });
  expect((await create({ key })).status).toBe(200);
  expect(isReplay(await create({ key }))).toBe(false);
  expect(calls()).toBe(2);
});

test('while Redis is away, mutations go on with their key, and it is counted', async (context) => {
  const redis = await redisFor(context);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(redis.url).port) } });
  onTestFinished(() => proxy.stop());
  await world.stop();
  world = await startWorld({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, RATE_LIMITS_FAIL_CLOSED: '' });
  token = await world.issuer.token();
  await expect.poll(() => world.series('redis_connected')).toBe(1);
  const key = randomUUID();
  await expect.poll(async () => isReplay(await create({ key }))).toBe(true);
  await proxy.setFault({ kind: 'half-open' });
  const unguarded = await create({ key });
  expect([unguarded.status, isReplay(unguarded)]).toEqual([200, false]);
  expect(world.subgraphs.content.calls.at(-1)?.headers['x-nova-idempotency-key']).toMatch(/:/);
  expect(await world.series('gateway_idempotent_requests_total', { verdict: 'unguarded' })).toBeGreaterThan(0);
  expect(await world.series('gateway_idempotency_store_failures_total', { command: 'begin' })).toBeGreaterThan(0);
});
