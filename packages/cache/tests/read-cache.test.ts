import { randomUUID } from 'node:crypto';
import { createMetrics } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { expect, type TestContext, test } from 'vitest';
import { openReadCaches, openRedis, type ReadCache } from '../src/index.ts';

type Row = { readonly id: string; readonly text: string };

const rows = (text: string) => async (ids: readonly string[]) => new Map(ids.map((id) => [id, { id, text }]));
const never = () => Promise.reject(new Error('There was nothing to load.'));
const a = (text: string) => new Map([['a', { id: 'a', text }]]);

test('a row is loaded once: other processes find it in Redis, this one in its memory, and each tier counts its hits', async (context) => {
  const { url } = await redisFor(context);
  const [one, other] = [await open(context, url), await open(context, url)];
  expect(await one.cache.getMany(['a', 'b', 'a'], rows('1'))).toEqual(
    new Map([
      ['a', { id: 'a', text: '1' }],
      ['b', { id: 'b', text: '1' }],
    ]),
  );
  expect(await one.cache.getMany(['a'], never)).toEqual(a('1'));
  expect(await one.lookups()).toMatchObject({ 'memory hit': 1, 'memory miss': 2 });
  await share(context, { url, cache: one.cache });
  await expect.poll(() => other.cache.getMany(['a'], never)).toEqual(a('1'));
  expect((await one.lookups())['redis miss']).toBeGreaterThan(0);
  expect(await other.lookups()).toMatchObject({ 'redis hit': 1 });
});

test('what was found is not asked for again; the rest is, with one call', async (context) => {
  const { cache } = await open(context, undefined);
  await cache.getMany(['a'], rows('1'));
  const asked: string[][] = [];
  await cache.getMany(['a', 'b', 'c'], (ids) => {
    asked.push([...ids]);
    return rows('1')(ids);
  });
  expect(asked).toEqual([['b', 'c']]);
});

test('a row that does not exist is asked for each time', async (context) => {
  const { url } = await redisFor(context);
  const { cache } = await open(context, url);
  expect(await cache.getMany(['a'], async () => new Map())).toEqual(new Map());
  expect(await cache.getMany(['a'], rows('made meanwhile'))).toEqual(a('made meanwhile'));
});

test.for(['in Redis', 'in the process'] as const)(
  'who asks %s while others ask for the same row begins no load of their own',
  async (where, context) => {
    let loads = 0;
    const loading = Promise.withResolvers<void>();
    const { cache } = await openIn(where, context);
    const slow = async (ids: readonly string[]) => {
      loads += 1;
      await loading.promise;
      return rows('1')(ids);
    };
    const asked = Array.from({ length: 100 }, () => cache.getMany(['a', 'b'], slow));
    await expect.poll(() => loads).toBe(1);
    loading.resolve();
    for (const found of await Promise.all(asked)) expect(found.size).toBe(2);
    expect(loads).toBe(1);
  },
);

test('of all who wait for the load of somebody who fails, one loads for all', async (context) => {
  const { cache } = await open(context, undefined);
  const failing = Promise.withResolvers<never>();
  const first = cache.getMany(['a'], () => failing.promise);
  let loads = 0;
  const load = (ids: readonly string[]) => {
    loads += 1;
    return rows('1')(ids);
  };
  const others = Array.from({ length: 100 }, () => cache.getMany(['a'], load));
  failing.reject(new Error('The client hung up.'));
  await expect(first).rejects.toThrow('hung up');
  for (const found of await Promise.all(others)) expect(found).toEqual(a('1'));
  expect(loads).toBe(1);
});

test('what fails twice fails for all who wait', async (context) => {
  const { cache } = await open(context, undefined);
  const failing = () => Promise.reject(new Error('The database is away.'));
  const asked = Array.from({ length: 100 }, () => cache.getMany(['a'], failing));
  for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe('rejected');
  expect(await cache.getMany(['a'], rows('1'))).toEqual(a('1'));
});

test.for(['in Redis', 'in the process'] as const)(
  'what was being read %s when it was purged is not kept',
  async (where, context) => {
    const { cache, other } = await openIn(where, context);
    const reading = Promise.withResolvers<Map<string, Row>>();
    let isReading = false;
    const slow = cache.getMany(['a'], () => {
      isReading = true;
      return reading.promise;
    });
    await expect.poll(() => isReading).toBe(true);
    await cache.purge(['a']);
    expect(await cache.getMany(['a'], rows('new'))).toEqual(a('new'));
    reading.resolve(a('old'));
    expect(await slow).toEqual(a('old'));
    expect(await cache.getMany(['a'], rows('new'))).toEqual(a('new'));
    expect(await other.getMany(['a'], rows('new'))).toEqual(a('new'));
  },
);

test('a purge empties the memory of other processes, and what they are reading meanwhile', async (context) => {
  const { url } = await redisFor(context);
  const [one, other] = [await open(context, url), await open(context, url)];
  await other.cache.getMany(['a'], rows('old'));
  const reading = Promise.withResolvers<Map<string, Row>>();
  const slow = other.cache.getMany(['b'], () => reading.promise);
  await one.cache.purge(['a', 'b']);
  // Well before its memory forgets of itself.
  await expect.poll(() => other.cache.getMany(['a'], rows('new')), { timeout: 8_000 }).toEqual(a('new'));
  reading.resolve(new Map([['b', { id: 'b', text: 'old' }]]));
  await slow;
  const b = new Map([['b', { id: 'b', text: 'new' }]]);
  expect(await other.cache.getMany(['b'], rows('new'))).toEqual(b);
  expect(await one.cache.getMany(['b'], rows('new'))).toEqual(b);
});

test.for(['down', 'half-open'] as const)(
  'while Redis is %s rows are loaded, memory is not trusted and the breaker opens; then all is as before',
  async (kind, context) => {
    const { proxy, url } = await redisBehindProxy(context);
    const replica = await open(context, url);
    await replica.cache.getMany(['a'], rows('1'));
    expect(await replica.cache.getMany(['a'], never)).toEqual(a('1'));
    await proxy.setFault({ kind });
    const isNew = async (key: string) => (await replica.cache.getMany([key], rows('2'))).get(key)?.text;
    await expect.poll(() => isNew(randomUUID()).then(() => replica.breaker())).toBe(2);
    await expect.poll(() => isNew(randomUUID()).then(() => isNew('a'))).toBe('2');
    await proxy.clear();
    await expect
      .poll(async () => {
        const before = (await replica.lookups())['memory hit'] ?? 0;
        await replica.cache.getMany(['b'], rows('2'));
        return ((await replica.lookups())['memory hit'] ?? 0) - before;
      })
      .toBe(1);
    await expect.poll(() => isNew(randomUUID()).then(() => replica.breaker())).toBe(0);
  },
);

test('what was purged while Redis was away is served by nobody when it is back', async (context) => {
  const { proxy, url, direct } = await redisBehindProxy(context);
  const [one, other] = [await open(context, url), await open(context, direct)];
  await share(context, { url: direct, cache: one.cache, text: 'old' });
  await expect.poll(() => other.cache.getMany(['a'], never)).toEqual(a('old'));
  await proxy.setFault({ kind: 'down' });
  await one.cache.purge(['a']);
  expect(await one.cache.getMany(['a'], rows('new'))).toEqual(a('new'));
  await proxy.clear();
  expect(await one.cache.getMany(['a'], rows('new'))).toEqual(a('new'));
  await expect.poll(() => other.cache.getMany(['a'], rows('new'))).toEqual(a('new'));
});

test('what another version of the service left in Redis is loaded anew', async (context) => {
  const { url } = await redisFor(context);
  const [one, other] = [await open(context, url), await open(context, url, noRow)];
  await share(context, { url, cache: one.cache });
  expect(await other.cache.getMany(['a'], rows('2'))).toEqual(a('2'));
});

test('switched off it keeps nothing', async () => {
  const settings = { isOn: false, redisUrl: undefined };
  const cache = openReadCaches({ service: 'test', settings, metrics: createMetrics('test') }).open({
    name: 'row',
    read: (json) => json as Row,
  });
  await cache.getMany(['a'], rows('1'));
  expect(await cache.getMany(['a'], rows('2'))).toEqual(a('2'));
});

/** Has the row `a` read until Redis keeps it: a busy machine may take longer for it than the cache waits. */
async function share(
  context: TestContext,
  { url, cache, text = '1' }: { url: string; cache: ReadCache<Row>; text?: string },
): Promise<void> {
  const { client, stop } = openRedis({ url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(stop);
  const isShared = async () => {
    if (await client.exists('nova:{test:row}:a')) return (await client.get('nova:{test:row}:a')) ?? '';
    await cache.purge(['a']);
    await cache.getMany(['a'], rows(text));
    return '';
  };
  await expect.poll(() => isShared().catch(() => '')).toMatch(/^V/);
}

function noRow(): Row {
  throw new Error('This is none.');
}

/** The caches of one process, which hears what others purge. */
async function open(context: TestContext, redisUrl: string | undefined, read = (json: unknown) => json as Row) {
  const metrics = createMetrics('test');
  const caches = openReadCaches({ service: 'test', settings: { isOn: true, redisUrl }, metrics });
  context.onTestFinished(() => caches.stop());
  const cache = caches.open({ name: 'row', read });
  const values = async (name: string) => ((await metrics.getSingleMetric(name)?.get())?.values ?? []).map(asPair);
  const lookups = async () => Object.fromEntries(await values('cache_lookups_total'));
  const breaker = async () => (await values('circuit_breaker_state'))[0]?.[1];
  const countHits = async () => (await lookups())['memory hit'] ?? 0;
  await expect.poll(() => cache.getMany(['?'], rows('')).then(countHits)).toBe(1);
  const start = await lookups();
  return {
    cache,
    breaker,
    lookups: async () =>
      Object.fromEntries(Object.entries(await lookups()).map(([key, count]) => [key, count - (start[key] ?? 0)])),
  };
}

function asPair({ labels, value }: { labels: Record<string, unknown>; value: number }): [string, number] {
  return [`${labels.tier} ${labels.result}`, value];
}

/** Two processes over one Redis, or one process. */
async function openIn(where: 'in Redis' | 'in the process', context: TestContext) {
  if (where === 'in the process') {
    const { cache } = await open(context, undefined);
    return { cache, other: cache };
  }
  const { url } = await redisFor(context);
  const [{ cache }, { cache: other }] = [await open(context, url), await open(context, url)];
  return { cache, other } satisfies Record<string, ReadCache<Row>>;
}

async function redisBehindProxy(context: TestContext) {
  const { url: direct } = await redisFor(context);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(direct).port) } });
  context.onTestFinished(() => proxy.stop());
  return { proxy, direct, url: `redis://127.0.0.1:${proxy.port}` };
}
