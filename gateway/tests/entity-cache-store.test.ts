import { openRedis, type Redis } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { redisFor } from '@nova/testkit';
import fc from 'fast-check';
import { describe, expect, type TestContext, test } from 'vitest';
import { createEntryStore } from '../src/fanout/entity-cache/entry-store.ts';
import { createMemoryStore } from '../src/fanout/entity-cache/memory-store.ts';
import { createRedisStore } from '../src/fanout/entity-cache/redis-store.ts';
import type { CacheStore } from '../src/fanout/entity-cache/store.ts';

const engines: Readonly<Record<string, (context: TestContext) => Promise<CacheStore>>> = {
  memory: async () => createMemoryStore({ maxBytes: 1_000_000, now: Date.now }),
  redis: async (context) => createRedisStore(await redisOf(context)),
};

/** A busy machine is slow, not wrong: commands have all the time they need. */
async function redisOf(context: TestContext) {
  const redis = await redisFor(context);
  const { client, stop } = openRedis({ url: redis.url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(stop);
  return patient(client, context);
}

async function patient(client: Redis, context: TestContext): Promise<Redis> {
  const other = client.duplicate({ commandTimeout: undefined, socketTimeout: undefined });
  context.onTestFinished(() => other.disconnect());
  await expect.poll(() => other.status).toBe('ready');
  return other;
}

const lifeMs = 60_000;

describe.each(Object.entries(engines))('%s', (_name, open) => {
  test('what was kept is found under its key, unchanged, and nothing else is', async (context) => {
    const store = await open(context);
    const value = '1\ng\n{"name":"Zoë 👋"}';
    await store.keep([
      { key: 'a', value, lifeMs },
      { key: 'b', value: 'other', lifeMs },
    ]);
    expect((await store.look(['a', 'c', 'b'], ['*'])).values).toEqual([value, undefined, 'other']);
    expect((await store.look([], ['*'])).values).toEqual([]);
  });

  test('an entry ends with its life', async (context) => {
    const store = await open(context);
    await store.keep([{ key: 'a', value: 'v', lifeMs: 30 }]);
    await expect.poll(async () => (await store.look(['a'], ['*'])).values[0]).toBeUndefined();
  });

  test('a tag stays in its generation until it or what it belongs to is purged, and never comes back to one', async (context) => {
    const store = await open(context);
    const tags = ['*', 'User', 'User:*', 'User:1', 'User:2', 'Post', 'Post:1'];
    let before = (await store.look([], tags)).generations;
    expect((await store.look([], tags)).generations).toEqual(before);
    const seen = new Set(before);
    for (const [purged, ended] of [
      ['User:1', ['User:1', 'User']],
      ['User', ['User', 'User:*']],
      ['Post:1', ['Post', 'Post:1']],
      ['*', ['*']],
    ] as const) {
      await store.purge([purged]);
      const { generations } = await store.look([], tags);
      expect(tags.filter((_tag, at) => generations[at] !== before[at]).toSorted()).toEqual([...ended].toSorted());
      for (const tag of ended) expect(seen).not.toContain(generations[tags.indexOf(tag)]);
      before = generations;
      for (const generation of generations) seen.add(generation);
    }
    await store.purge([]);
    expect((await store.look([], tags)).generations).toEqual(before);
  });

  test('its clock goes on', async (context) => {
    const store = await open(context);
    const { nowMs } = await store.look([], ['*']);
    expect(Math.abs(nowMs - Date.now())).toBeLessThan(60_000);
    await expect.poll(async () => (await store.look([], ['*'])).nowMs).toBeGreaterThan(nowMs);
  });
});

test('Redis keeps nothing without an end', async (context) => {
  const client = await redisOf(context);
  const store = createRedisStore(client);
  await store.keep([{ key: 'a', value: 'v', lifeMs }]);
  await store.look(['a'], ['*', 'User:1']);
  const keys = await client.keys('*');
  expect(keys).toHaveLength(3);
  for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0);
});

test('in memory the bytes are bounded, and a tag that was forgotten has ended', async () => {
  const store = createMemoryStore({ maxBytes: 40_000, now: Date.now });
  const [first] = (await store.look([], ['User:0'])).generations;
  const keys = Array.from({ length: 200 }, (_, at) => `key ${at}`);
  await store.keep(keys.map((key) => ({ key, value: 'x'.repeat(400), lifeMs })));
  for (let at = 1; at < 200; at += 1) await store.look([], [`User:${at}`]);
  const { values, generations } = await store.look(keys, ['User:0']);
  expect(values.filter((value) => value !== undefined).length).toBeLessThanOrEqual(30);
  expect(values.at(-1)).toBeDefined();
  expect(generations[0]).not.toBe(first);
});

/** Of three users or, as the fourth thing, the list of them all. */
type Step = {
  readonly do: 'write' | 'purge' | 'evict' | 'begin' | 'finish';
  readonly of: number;
  readonly reader: number;
};

const kinds: readonly Step['do'][] = ['begin', 'finish', 'begin', 'finish', 'begin', 'finish', 'write', 'purge'];

const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(...kinds) },
      { weight: 1, arbitrary: fc.constant('evict' as const) },
    ),
    of: fc.nat({ max: 3 }),
    reader: fc.nat({ max: 3 }),
  }),
  { minLength: 40, maxLength: 80 },
);

const users = [0, 1, 2];

/** Runs the steps against a model: what is served is never older than the last purge. Returns how often something was served. */
async function serve(stores: readonly CacheStore[], steps: readonly Step[], type: string): Promise<number> {
  const options = {
    timeoutMs: 60_000,
    maxAgeSeconds: 60,
    staleSeconds: 60,
    storeFailed: (what: string) => expect.fail(what),
  };
  const entries = stores.map((store) => createEntryStore({ store, ...options }));
  const items = [
    ...users.map((id) => ({ key: `${type}:${id}`, tags: ['*', `${type}:${id}`, `${type}:*`] })),
    { key: `${type}s`, tags: ['*', type] },
  ];
  /** Versions in the database, and those that were there when it was last purged: what may be old is not below. */
  const versions = users.map(() => 0);
  const purged = users.map(() => 0);
  const running = new Map<number, () => void>();
  let served = 0;
  for (const { do: step, of, reader } of steps) {
    const user = of % users.length;
    const entry = entries[reader % entries.length] as (typeof entries)[number];
    if (step === 'write') versions[user] = (versions[user] ?? 0) + 1;
    else if (step === 'evict') await stores[0]?.purge(['*']);
    else if (step === 'purge') {
      const now = versions[user] ?? 0;
      await stores[reader % stores.length]?.purge([`${type}:${user}`]);
      purged[user] = now;
    } else if (step === 'finish') {
      running.get(reader)?.();
      running.delete(reader);
    } else {
      const [found] = (await entry.find([items[of]])) ?? [];
      if (found?.json !== undefined) {
        served += 1;
        const known: number[] = JSON.parse(found.json);
        const about = of === users.length ? users : [of];
        for (const id of about) expect(known[id]).toBeGreaterThanOrEqual(purged[id] as number);
      }
      // The subgraph reads at once; its answer comes whenever it likes.
      const json = JSON.stringify(versions);
      running.set(reader, () => entry.keep([{ place: found?.place, json }], 60));
    }
  }
  return served;
}

async function manyInterleavings(stores: readonly CacheStore[], numRuns: number): Promise<void> {
  let run = 0;
  let served = 0;
  const law = fc.asyncProperty(anySteps, async (steps) => {
    run += 1;
    served += await serve(stores, steps, `User${run}`);
  });
  await fc.assert(law, { numRuns });
  expect(served).toBeGreaterThan(numRuns);
}

test('no interleaving of writes, reads and purges serves from memory what is older than the last purge', async () => {
  await manyInterleavings([createMemoryStore({ maxBytes: 1_000_000, now: Date.now })], 1_000);
});

test('nor do two gateways on one Redis', async (context) => {
  const client = await redisOf(context);
  const other = await patient(client, context);
  await manyInterleavings([createRedisStore(client), createRedisStore(other)], 150);
});
