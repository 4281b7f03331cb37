import { openRedis } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import fc from 'fast-check';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { takeFromWindow, takeFromWindowScript, type WindowState } from '../src/rate-limits/sliding-window.ts';
import { type Answer, startWorld, type World } from './_world.ts';

const query = '{ post(id: "p1") { id } }';
const mutation = 'mutation { createPost(input: { body: "Hello" }) { post { id } } }';
/** Lets a test be several callers. */
const proxied = { TRUSTED_PROXIES: '127.0.0.1' };
const from = (address: string) => ({ 'x-forwarded-for': address });

describe.each(['memory', 'redis'] as const)('counted in %s', (engine) => {
  let worldOf: (context: TestContext, env?: Record<string, string>) => Promise<World>;
  beforeAll(() => {
    worldOf = async (context, env = {}) => {
      const redis = { REDIS_URL: engine === 'redis' ? (await redisFor(context)).url : '' };
      const world = await startWorld({ ...proxied, ...redis, ...env });
      context.onTestFinished(() => world.stop());
      if (engine === 'redis') await expect.poll(() => world.series('redis_connected')).toBe(1);
      return world;
    };
  });

  test('the public is served as often as its quota says, and told before and after how much is left', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '3/60' });
    const answers = await inTurn(4, () => world.post({ query }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit-remaining'))).toEqual(['2', '1', '0', '0']);
    const [, , , refused] = answers as [Answer, Answer, Answer, Answer];
    expect(refused.headers.get('ratelimit-limit')).toBe('3');
    expect(refused.refusal).toMatchObject({ code: 'RATE_LIMITED', retryable: true, rule: 'public', limit: 3 });
    expect(Number(refused.headers.get('retry-after'))).toBe(refused.refusal.retryAfterSeconds);
    expect(refused.refusal.retryAfterSeconds).toBeGreaterThan(0);
    expect(await world.series('gateway_rate_limited_total', { rule: 'public' })).toBe(1);
    expect(world.subgraphs.content.calls.length).toBe(3);
  });

  test('after the wait that the refusal names the caller is served again', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '1/1' });
    await world.post({ query });
    await expect.poll(async () => (await world.post({ query })).status, { interval: 100 }).toBe(200);
  });

  test('callers have quotas of their own: addresses, users, and each user for queries and mutations', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '1/60', RATE_LIMIT_USER: '1/60' });
    const signedIn = async (sub: string) => ({ authorization: `Bearer ${await tokenOf(world, sub)}` });
    const [ada, grace] = [await signedIn('u1'), await signedIn('u2')];
    const statuses = await inOrder([
      () => world.post({ query }, from('203.0.113.1')),
      () => world.post({ query }, from('203.0.113.2')),
      () => world.post({ query }, from('203.0.113.1')),
      () => world.post({ query }, ada),
      () => world.post({ query: mutation }, ada),
      () => world.post({ query }, grace),
      () => world.post({ query }, ada),
      () => world.post({ query: mutation }, ada),
    ]);
    expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 429, 429]);
  });

  test('a whole IPv6 network of one customer is one caller', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '1/60' });
    const addresses = [
      '2001:db8:1:2::1',
      '2001:db8:1:2:ffff::9',
      '2001:db8:1:3::1',
      '::ffff:203.0.113.7',
      '203.0.113.7',
    ];
    const statuses = await inOrder(addresses.map((address) => () => world.post({ query }, from(address))));
    expect(statuses).toEqual([200, 429, 200, 200, 429]);
  });

  test('an operation that costs more counts as several requests', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '10/60', RATE_LIMIT_COST: '20' });
    const dear = await world.post({ query: '{ posts(first: 50) { nodes { id body } } }' });
    expect(dear.headers.get('ratelimit-remaining')).toBe('7');
    expect((await world.post({ query })).headers.get('ratelimit-remaining')).toBe('6');
  });

  test('each alias of a limited field is a try: twenty in one request are twenty, and use up what is left', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_FIELDS: 'post=5/60' });
    const tries = (count: number) => ({
      query: `query T { ${Array.from({ length: count }, (_, at) => `...F${at}`).join(' ')} }
        ${Array.from({ length: count }, (_, at) => `fragment F${at} on Query { a${at}: post(id: "p1") { id } }`).join(' ')}`,
    });
    const statuses = await inOrder([
      () => world.post(tries(4), from('203.0.113.1')),
      () => world.post(tries(2), from('203.0.113.1')),
      () => world.post(tries(1), from('203.0.113.1')),
      () => world.post(tries(20), from('203.0.113.2')),
      () => world.post(tries(1), from('203.0.113.2')),
      () => world.post({ query: '{ posts { nodes { id } } }' }, from('203.0.113.2')),
    ]);
    expect(statuses).toEqual([200, 429, 200, 429, 429, 200]);
  });

  test('who was refused is not punished for asking: the quota comes back as if he had not', async (context) => {
    const world = await worldOf(context, { RATE_LIMIT_PUBLIC: '2/2' });
    await inTurn(2, () => world.post({ query }));
    // A counter that counted refusals would never let him in again.
    await expect.poll(async () => (await world.post({ query })).status, { interval: 20 }).toBe(200);
  });
});

test('an address in a header counts for nothing unless a trusted proxy says so', async (context) => {
  const world = await startWorld({ RATE_LIMIT_PUBLIC: '2/60' });
  context.onTestFinished(() => world.stop());
  const statuses = await inOrder(
    ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map(
      (address) => () => world.post({ query }, { ...from(address), 'x-real-ip': address, forwarded: `for=${address}` }),
    ),
  );
  expect(statuses).toEqual([200, 200, 429]);
});

test('ten gateways that share a Redis keep one quota, whatever their clocks say', async (context) => {
  const redisUrl = (await redisFor(context)).url;
  const worlds: World[] = [];
  for (let index = 0; index < 10; index += 1) {
    const world = await startWorld(
      { REDIS_URL: redisUrl, RATE_LIMIT_PUBLIC: '200/3600', PLAN_THREADS: '1' },
      { now: () => Date.now() + index * 3_600_000 },
    );
    context.onTestFinished(() => world.stop());
    await expect.poll(() => world.series('redis_connected')).toBe(1);
    worlds.push(world);
  }
  const answers = await Promise.all(worlds.map((world) => inTurn(40, () => world.post({ query: '{ __typename }' }))));
  const served = answers.flat().filter(({ status }) => status === 200).length;
  expect(served).toBeGreaterThanOrEqual(190);
  expect(served).toBeLessThanOrEqual(210);
  expect(answers.flat().every(({ status }) => status === 200 || status === 429)).toBe(true);
});

test('while Redis is away a rule that fails open counts in the process and one that fails closed refuses', async (context) => {
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: portOf((await redisFor(context)).url) } });
  context.onTestFinished(() => proxy.stop());
  const world = await startWorld({
    REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
    RATE_LIMIT_PUBLIC: '3/3600',
    RATE_LIMIT_FIELDS: 'posts=100/3600',
  });
  context.onTestFinished(() => world.stop());
  const limited = { query: '{ posts { nodes { id } } }' };
  await expect.poll(() => world.series('redis_connected')).toBe(1);
  expect((await world.post(limited)).status).toBe(200);
  for (const kind of ['half-open', 'down'] as const) {
    await proxy.setFault({ kind });
    const refused = await world.post(limited);
    expect(refused).toMatchObject({ status: 503, refusal: { code: 'SERVICE_UNAVAILABLE', retryable: true } });
  }
  // It counts from nothing: what Redis knows cannot be asked.
  expect((await inTurn(4, () => world.post({ query }))).map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  await proxy.clear();
  await expect.poll(() => world.series('redis_connected')).toBe(1);
  expect((await world.post(limited)).status).toBe(200);
});

test('a burst at the end of one window does not get another at the start of the next', async (context) => {
  let clockMs = 1_700_000_009_500;
  const world = await startWorld({ RATE_LIMIT_PUBLIC: '10/10' }, { now: () => clockMs });
  context.onTestFinished(() => world.stop());
  const served = async () =>
    (await inTurn(12, () => world.post({ query: '{ __typename }' }))).filter(({ status }) => status === 200).length;
  expect(await served()).toBe(10);
  clockMs += 1_000;
  expect(await served()).toBe(0);
  clockMs += 5_000;
  expect(await served()).toBe(5);
  clockMs += 20_000;
  expect(await served()).toBe(10);
});

test('Redis and memory count alike, whatever is taken and when', async (context) => {
  const redis = openRedis({ url: (await redisFor(context)).url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(() => redis.stop());
  await expect.poll(redis.isReady).toBe(true);
  const script = takeFromWindowScript.replace("redis.call('TIME')", '{ 0, ARGV[5] * 1000 }');
  const limit = fc.integer({ min: 1, max: 50 });
  const steps = fc.array(
    fc.record({ points: fc.integer({ min: 1, max: 60 }), pauseMs: fc.integer({ max: 5_000, min: 0 }) }),
  );
  await fc.assert(
    fc.asyncProperty(limit, steps, async (limit, steps) => {
      await redis.client.flushall();
      let state: WindowState | undefined;
      let nowMs = 1_700_000_000_000;
      for (const { points, pauseMs } of steps) {
        nowMs += pauseMs;
        const taken = takeFromWindow(state, { points, limit, windowMs: 2_000, nowMs });
        state = taken.state;
        const inRedis = await redis.client.eval(script, 1, 'key', points, 2, limit, 2, nowMs);
        expect(inRedis).toEqual([taken.consumed, taken.waitMs]);
      }
    }),
    { numRuns: 50 },
  );
});

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function tokenOf({ issuer }: World, sub: string): Promise<string> {
  return issuer.token({ claims: { sub } });
}

async function inTurn(count: number, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < count; at += 1) answers.push(await ask());
  return answers;
}

async function inOrder(asks: ReadonlyArray<() => Promise<Answer>>): Promise<number[]> {
  const statuses: number[] = [];
  for (const ask of asks) statuses.push((await ask()).status);
  return statuses;
}
