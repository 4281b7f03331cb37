import { openRedis, type RedisConnection } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { describe, expect, type TestContext, test } from 'vitest';
import { createAutomaticQueries } from '../src/persisted/automatic-queries.ts';
import { idOf, startWorld, type World } from './_world.ts';

const text = '{ user(id: "u1") { username } }';
const id = idOf(text);
const ada = { data: { user: { username: 'ada' } } };
const maxBytes = 1_000_000;

async function connect(context: TestContext, url: string): Promise<RedisConnection> {
  const connection = openRedis({ url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(() => connection.stop());
  await expect.poll(connection.isReady).toBe(true);
  return connection;
}

async function redisBehindProxy(context: TestContext) {
  const redis = await redisFor(context);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(redis.url).port) } });
  context.onTestFinished(() => proxy.stop());
  return { url: redis.url, proxy, proxiedUrl: `redis://127.0.0.1:${proxy.port}` };
}

/** A busy machine may let one command time out. */
async function put(redis: RedisConnection, value: string): Promise<void> {
  await expect.poll(() => redis.client.set(`nova:apq:${id}`, value).catch(() => 'not yet')).toBe('OK');
}

async function open(context: TestContext, env: Record<string, string>): Promise<World> {
  const world = await startWorld({ PERSISTED_POLICY: 'open', ...env });
  context.onTestFinished(() => world.stop());
  return world;
}

/** One that is told texts and one that is asked for them: the same process, or two that share a Redis. */
const engines = {
  async memory() {
    const queries = createAutomaticQueries({ maxBytes, redis: undefined });
    return [queries, queries] as const;
  },
  async Redis(context: TestContext) {
    const { url } = await redisBehindProxy(context);
    const redis = await connect(context, url);
    return [createAutomaticQueries({ maxBytes, redis }), createAutomaticQueries({ maxBytes, redis })] as const;
  },
};

describe.each(Object.entries(engines))('kept in %s', (_engine, start) => {
  test('a text that was sent with its hash is found by the hash', async (context) => {
    const [told, asked] = await start(context);
    expect(await asked.recall(id)).toBeUndefined();
    told.remember(id, text);
    await expect.poll(() => asked.recall(id)).toBe(text);
  });

  test.for(['', '*', 'constructor', 'x'.repeat(1_000_000), id.toUpperCase()])(
    'nothing is found by a wrong hash, however it looks (%#)',
    async (wrong, context) => {
      const [told, asked] = await start(context);
      told.remember(id, text);
      await expect.poll(() => asked.recall(id)).toBe(text);
      expect(await asked.recall(wrong)).toBeUndefined();
    },
  );

  test('a text of more than 100 kB is not kept', async (context) => {
    const [told, asked] = await start(context);
    const [large, larger] = ['é'.repeat(50_000), `${'é'.repeat(50_000)}!`];
    told.remember(idOf(larger), larger);
    told.remember(idOf(large), large);
    await expect.poll(() => asked.recall(idOf(large))).toBe(large);
    expect(await asked.recall(idOf(larger))).toBeUndefined();
  });
});

test('what one gateway was sent every gateway serves by its hash, for a day', async (context) => {
  const { url } = await redisBehindProxy(context);
  const redis = await connect(context, url);
  const [one, other] = [await open(context, { REDIS_URL: url }), await open(context, { REDIS_URL: url })];
  const ready = () => Promise.all([one, other].map((world) => world.series('redis_connected')));
  await expect.poll(ready).toEqual([1, 1]);
  expect((await other.post({ documentId: id })).refusal.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  expect((await one.post({ documentId: id, query: text })).body).toEqual(ada);
  await expect.poll(async () => (await other.post({ documentId: id })).body).toEqual(ada);
  const hoursLeft = async () => (await redis.client.pttl(`nova:apq:${id}`).catch(() => 0)) / 3_600_000;
  await expect.poll(hoursLeft).toBeCloseTo(24, 1);
});

test('a text in Redis that is not the one of its hash is not served', async (context) => {
  const { url } = await redisBehindProxy(context);
  const redis = await connect(context, url);
  const world = await open(context, { REDIS_URL: url });
  await expect.poll(() => world.series('redis_connected')).toBe(1);
  await put(redis, '{ user(id: "u2") { username } }');
  expect((await world.post({ documentId: id })).refusal.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  await put(redis, text);
  await expect.poll(async () => (await world.post({ documentId: id })).body).toEqual(ada);
});

test.for(['down', 'half-open'] as const)(
  'with a Redis that is %s clients send their texts again, and no request fails',
  async (kind, context) => {
    const { url, proxy, proxiedUrl } = await redisBehindProxy(context);
    const redis = await connect(context, url);
    await put(redis, text);
    const world = await open(context, { REDIS_URL: proxiedUrl });
    await expect.poll(() => world.series('redis_connected')).toBe(1);
    await proxy.setFault({ kind });
    const missed = await world.post({ documentId: id });
    expect([missed.status, missed.refusal.code]).toEqual([404, 'PERSISTED_QUERY_NOT_FOUND']);
    expect((await world.post({ documentId: id, query: text })).body).toEqual(ada);
    expect((await world.post({ documentId: id })).body).toEqual(ada);
  },
);

test('where only ids of the manifest are served a hash of Redis is no id', async (context) => {
  const { url } = await redisBehindProxy(context);
  const redis = await connect(context, url);
  await put(redis, text);
  const world = await open(context, { REDIS_URL: url, PERSISTED_POLICY: 'id-only' });
  await expect.poll(() => world.series('redis_connected')).toBe(1);
  expect((await world.post({ documentId: id })).refusal.code).toBe('PERSISTED_QUERY_NOT_FOUND');
  expect((await world.post({ documentId: id, query: text })).refusal.code).toBe('PERSISTED_QUERY_NOT_FOUND');
});
