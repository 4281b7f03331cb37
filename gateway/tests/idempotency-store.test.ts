import { randomUUID } from 'node:crypto';
import { openRedis } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { redisFor } from '@nova/testkit';
import { describe, expect, type TestContext, test } from 'vitest';
import { createMemoryStore } from '../src/idempotency/memory-store.ts';
import { createRedisStore } from '../src/idempotency/redis-store.ts';
import type { IdempotencyStore } from '../src/idempotency/store.ts';

const engines: Readonly<Record<string, (context: TestContext) => Promise<IdempotencyStore>>> = {
  memory: async () => createMemoryStore({ maxBytes: 1_000_000 }),
  redis: async (context) => {
    const redis = await redisFor(context);
    const connection = openRedis({ url: redis.url, name: 'test', metrics: createMetrics('test') });
    context.onTestFinished(() => connection.stop());
    await expect.poll(connection.isReady).toBe(true);
    return createRedisStore(connection.client);
  },
};

const minuteMs = 60_000;
const answer = { status: 200, body: '{"data":{"createPost":{"body":"Zoë 👋"}}}' };

async function begun(store: IdempotencyStore, scope: string, leaseMs = minuteMs): Promise<string> {
  const result = await store.begin(scope, 'print', leaseMs);
  if (result.kind !== 'begun') throw new Error(`The key is ${result.kind}.`);
  return result.token;
}

describe.each(Object.entries(engines))('%s', (_name, open) => {
  test('a key is begun once and is running until its answer is there, which is then given unchanged', async (context) => {
    const store = await open(context);
    const scope = randomUUID();
    const token = await begun(store, scope);
    expect(await store.begin(scope, 'print', minuteMs)).toEqual({ kind: 'running' });
    await store.finish(scope, token, answer);
    for (let time = 0; time < 2; time += 1)
      expect(await store.begin(scope, 'print', minuteMs)).toEqual({ kind: 'done', answer });
  });

  test('another fingerprint is told so, while the first is running and afterwards', async (context) => {
    const store = await open(context);
    const scope = randomUUID();
    const token = await begun(store, scope);
    expect(await store.begin(scope, 'other', minuteMs)).toEqual({ kind: 'reused' });
    await store.finish(scope, token, answer);
    expect(await store.begin(scope, 'other', minuteMs)).toEqual({ kind: 'reused' });
  });

  test('scopes do not meet', async (context) => {
    const store = await open(context);
    await begun(store, 'one');
    await begun(store, 'other');
  });

  test('a released key is free', async (context) => {
    const store = await open(context);
    const scope = randomUUID();
    await store.release(scope, await begun(store, scope));
    await begun(store, scope);
  });

  test('of begins at the same time one gets the key', async (context) => {
    const store = await open(context);
    const results = await Promise.all(Array.from({ length: 20 }, () => store.begin('scope', 'print', minuteMs)));
    expect(results.filter(({ kind }) => kind === 'begun')).toHaveLength(1);
    expect(results.filter(({ kind }) => kind === 'running')).toHaveLength(19);
  });

  test('a lease ends by itself, and who had it can neither finish nor release the next one', async (context) => {
    const store = await open(context);
    const scope = randomUUID();
    const late = await begun(store, scope, 30);
    let token = '';
    await expect
      .poll(async () => {
        const result = await store.begin(scope, 'print', minuteMs);
        if (result.kind === 'begun') token = result.token;
        return result.kind;
      })
      .toBe('begun');
    await store.release(scope, late);
    await store.finish(scope, late, { status: 500, body: 'too late' });
    expect(await store.begin(scope, 'print', minuteMs)).toEqual({ kind: 'running' });
    await store.finish(scope, token, answer);
    await store.release(scope, token);
    await store.finish(scope, late, { status: 500, body: 'too late' });
    expect(await store.begin(scope, 'print', minuteMs)).toMatchObject({ kind: 'done', answer });
  });

  test('an answer outlives the lease it was made under', async (context) => {
    const store = await open(context);
    const [kept, left] = [randomUUID(), randomUUID()];
    await store.finish(kept, await begun(store, kept, 50), answer);
    await begun(store, left, 50);
    await expect.poll(async () => (await store.begin(left, 'print', minuteMs)).kind).toBe('begun');
    expect(await store.begin(kept, 'print', minuteMs)).toMatchObject({ kind: 'done' });
  });
});

test('memory forgets what was unused for longest when its bytes are used up', async () => {
  const store = createMemoryStore({ maxBytes: 10_000 });
  const keep = async (scope: string) =>
    store.finish(scope, await begun(store, scope), { status: 200, body: 'x'.repeat(1_500) });
  for (const scope of ['a', 'b', 'c', 'd']) await keep(scope);
  const kinds = await Promise.all(['d', 'c', 'a'].map(async (scope) => (await store.begin(scope, 'print', 1)).kind));
  expect(kinds).toEqual(['done', 'done', 'begun']);
});

test('Redis keeps an answer for a day and a lease for its time', async (context) => {
  const redis = await redisFor(context);
  const { client, isReady, stop } = openRedis({ url: redis.url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(stop);
  await expect.poll(isReady).toBe(true);
  const store = createRedisStore(client);
  const token = await begun(store, 'scope', 40_000);
  const restMs = async () => client.pttl((await client.keys('*'))[0] ?? '');
  expect(Math.round((await restMs()) / 10_000)).toBe(4);
  await store.finish('scope', token, answer);
  expect(Math.round((await restMs()) / 3_600_000)).toBe(24);
});
