import { setTimeout as delay } from 'node:timers/promises';
import { createTestDatabase, startFaultProxy, type TestDatabase } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { PostgresEventLog, PostgresEventLogOptions } from '../src/index.ts';
import {
  afterLast,
  firstDeliveries,
  keyOfEach,
  newTopic,
  noting,
  range,
  setUp,
  textOf,
  textRecord,
} from './contract/bench.ts';
import { startChild } from './contract/child-member.ts';
import type { LogEngine } from './contract/log-engine.ts';

const applicationName = 'log under test';
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function engine(options: Partial<PostgresEventLogOptions> = {}): LogEngine & { kind: 'postgres' } {
  const url = database.urlFor('content');
  return { kind: 'postgres', options: { url, applicationName, balanceMs: 100, idleTimeoutMs: 5_000, ...options } };
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const appendByHand = `select event_log.append(array[$1], array[$2::int], array['by hand'], array['by hand'::bytea], array['{}'])`;

test.each(['commit', 'rollback'])(
  'an append that is open for long and ends by %s delays its own partition only, and offsets stay without gaps in commit order',
  async (end) => {
    const { log, topic, append } = await setUp(engine(), 2);
    const [blocked = '', free = ''] = keyOfEach(2);
    const { records, onBatch } = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch });
    const slow = await connect();
    await slow.query('begin');
    await slow.query(appendByHand, [topic, 0]);
    const other = await log.openProducer();
    let isAppended = false;
    const waiting = other.send([textRecord(topic, blocked, 'after')]).then(() => {
      isAppended = true;
    });
    for (const text of range(0, 20)) await append(free, [text]);
    await expect.poll(() => records.filter(({ key }) => key === free).map(textOf)).toEqual(range(0, 20));
    expect(isAppended).toBe(false);
    await slow.query(end);
    await waiting;
    const ofBlocked = () => firstDeliveries(records).filter(({ partition }) => partition === 0);
    const expected = end === 'commit' ? ['by hand', 'after'] : ['after'];
    await expect.poll(() => ofBlocked().map(textOf)).toEqual(expected);
    expect(ofBlocked().map(({ offset }) => offset)).toEqual(expected.map((_, index) => BigInt(index)));
  },
);

test('producers that append to the same partitions in any order never wait for each other in a circle, and readers see no gap', async () => {
  const { log, topic } = await setUp(engine(), 4);
  const keys = keyOfEach(4);
  const { records, onBatch } = noting();
  await log.consume({ group: 'readers', topics: [topic], onBatch });
  const sends = 40;
  await Promise.all(
    range(0, 6).map(async (producer) => {
      const own = await log.openProducer();
      for (const send of range(0, sends)) {
        const inItsOrder = Number(producer) % 2 === 0 ? keys : keys.toReversed();
        await own.send(inItsOrder.map((key) => textRecord(topic, key, `${producer} ${send}`)));
      }
    }),
  );
  await expect.poll(() => firstDeliveries(records).length).toBe(6 * sends * keys.length);
  for (const [partition, ofPartition] of Map.groupBy(firstDeliveries(records), (record) => record.partition))
    expect(
      ofPartition.map(({ offset }) => offset),
      `partition ${partition}`,
    ).toEqual(range(0, 6 * sends).map(BigInt));
});

test('sessions that PostgreSQL ends lose nothing: members come back, a producer says that the log is unavailable', async () => {
  const { log, open, topic } = await setUp(engine(), 4);
  const keys = keyOfEach(4);
  const troubles: string[] = [];
  const members = [noting(), noting()];
  for (const { onBatch } of members)
    await open().consume({ group: 'readers', topics: [topic], onBatch, onTrouble: ({ what }) => troubles.push(what) });
  const admin = await connect();
  const acknowledged: string[] = [];
  let producer = await log.openProducer();
  for (const round of range(0, 5)) {
    for (const [index, key] of keys.entries()) {
      const text = `${round} ${index}`;
      await producer.send([textRecord(topic, key, text)]);
      acknowledged.push(text);
    }
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = $1`,
      [applicationName],
    );
    await expect(producer.send([textRecord(topic, 'lost', 'perhaps')])).rejects.toMatchObject({ kind: 'unavailable' });
    await producer.stop();
    producer = await log.openProducer();
  }
  const delivered = () =>
    firstDeliveries(members.flatMap(({ records }) => records)).filter(({ key }) => key !== 'lost');
  await expect.poll(() => delivered().map(textOf).sort()).toEqual(acknowledged.toSorted());
  expect(troubles).toContain('the session with the event log was lost');
});

test('while the database is away nothing can be opened, and everything comes back with it', async () => {
  const { log, topic, append } = await setUp(engine(), 2);
  const before = noting();
  await log.consume({ group: 'before', topics: [topic], onBatch: before.onBatch });
  const meanwhile = noting();
  await append('key', ['0']);
  await expect.poll(before.texts).toEqual(['0']);
  await database.whileAway(async () => {
    await expect(log.openProducer()).rejects.toMatchObject({ name: 'PublishError', kind: 'unavailable' });
    await expect(log.check()).rejects.toThrow();
    await log.consume({ group: 'meanwhile', topics: [topic], onBatch: meanwhile.onBatch });
  });
  await log.check();
  const producer = await log.openProducer();
  await producer.send([textRecord(topic, 'key', '1')]);
  await expect.poll(before.texts).toEqual(['0', '1']);
  await expect.poll(meanwhile.texts).toEqual(['0', '1']);
});

test('a server that does not answer in time is unavailable to a producer', async () => {
  const { open, topic } = await setUp(engine({ timeoutMs: 400 }), 1);
  const producer = await open().openProducer();
  const holder = await connect();
  await holder.query('begin');
  await holder.query(appendByHand, [topic, 0]);
  await expect(producer.send([textRecord(topic, 'key', 'late')])).rejects.toMatchObject({ kind: 'unavailable' });
});

test('a network that swallows everything is found out in time by producers and consumers, and both go on after it', async () => {
  const direct = new URL(database.urlFor('content'));
  const proxy = await startFaultProxy({ target: { host: direct.hostname, port: Number(direct.port) } });
  onTestFinished(() => proxy.stop());
  const through = new URL(direct);
  [through.hostname, through.port] = ['127.0.0.1', String(proxy.port)];
  const { log, topic, append } = await setUp(engine({ url: through.href, timeoutMs: 1_000 }), 1);
  const { texts, onBatch } = noting();
  const troubles: string[] = [];
  await log.consume({ group: 'readers', topics: [topic], onBatch, onTrouble: ({ what }) => troubles.push(what) });
  await append('key', ['0']);
  await expect.poll(texts).toEqual(['0']);
  await proxy.setFault({ kind: 'half-open' });
  await expect(append('key', ['lost'])).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(log.openProducer()).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(log.check()).rejects.toThrow();
  await expect.poll(() => troubles.length).toBeGreaterThan(0);
  const stopped = await log.consume({ group: 'others', topics: [topic], onBatch });
  await stopped.stop();
  await proxy.clear();
  await expect
    .poll(() =>
      log.check().then(
        () => 'back',
        () => 'away',
      ),
    )
    .toBe('back');
  const producer = await log.openProducer();
  await producer.send([textRecord(topic, 'key', '1')]);
  await expect.poll(texts).toEqual(['0', '1']);
});

test('a paused member loses its partitions, and its late commit is refused', { timeout: 90_000 }, async () => {
  const idle = engine({ idleTimeoutMs: 3_000 });
  const { log, topic, append } = await setUp(idle, 2);
  const keys = keyOfEach(2);
  for (const key of keys) await append(key, ['0']);
  const paused = startChild({ engine: idle, group: 'readers', topic, handleMs: 4_000 });
  await expect.poll(() => paused.begun.size, { timeout: 40_000 }).toBe(2);
  paused.signal('SIGSTOP');
  const other = noting();
  await log.consume({ group: 'readers', topics: [topic], onBatch: other.onBatch });
  for (const key of keys) await append(key, ['1']);
  await expect
    .poll(() =>
      firstDeliveries(other.records)
        .map(({ key, value }) => `${key} ${value}`)
        .sort(),
    )
    .toEqual(keys.flatMap((key) => [`${key} 0`, `${key} 1`]).sort());
  paused.signal('SIGCONT');
  await expect.poll(() => new Set(paused.refused)).toEqual(new Set(['0/0', '1/0']));
  expect((await log.lag('readers', [topic])).map(({ records }) => records)).toEqual([0n, 0n]);
});

test('a member keeps its partition however long its handler takes, also while it stops', async () => {
  const idleTimeoutMs = 1_000;
  const { log, open, topic, append } = await setUp(engine({ idleTimeoutMs }), 1);
  const troubles: unknown[] = [];
  let begun = 0;
  const member = await log.consume({
    group: 'readers',
    topics: [topic],
    onTrouble: (trouble) => troubles.push(trouble),
    async onBatch(batch, { commit }) {
      begun += 1;
      await delay(2 * idleTimeoutMs);
      await commit(afterLast(batch));
    },
  });
  const other = noting();
  await open().consume({ group: 'readers', topics: [topic], onBatch: other.onBatch });
  await append('key', ['0']);
  await expect.poll(() => begun).toBe(1);
  await expect.poll(async () => (await log.lag('readers', [topic]))[0]?.records).toBe(0n);
  await append('key', ['1']);
  await expect.poll(() => begun).toBe(2);
  await member.stop();
  await append('key', ['2']);
  await expect.poll(other.texts).toEqual(['2']);
  expect(troubles).toEqual([]);
});

test('an append wakes a reader that has just found nothing', async () => {
  const { topic, append, log } = await setUp(engine({ balanceMs: 60_000, idleTimeoutMs: 120_000 }), 1);
  const { records, onBatch } = noting();
  await log.consume({ group: 'readers', topics: [topic], onBatch });
  for (const text of range(0, 300)) await append('key', [text]);
  await expect.poll(() => records.map(textOf)).toEqual(range(0, 300));
  for (const text of range(300, 330)) {
    await append('key', [text]);
    await expect.poll(() => records.map(textOf).at(-1), { interval: 1 }).toBe(text);
  }
});

test('a record that no notification told of is found', async () => {
  const { log, topic } = await setUp(engine(), 1);
  const { texts, onBatch } = noting();
  await log.consume({ group: 'readers', topics: [topic], onBatch });
  const admin = await connect();
  await admin.query(
    `with moved as (update event_log.partitions set next_offset = next_offset + 1 where topic = '${topic}')
     insert into event_log.records values ('${topic}', 0, 0, 'key', 'quiet', '{}')`,
  );
  await expect.poll(texts).toEqual(['quiet']);
});

test('a batch has at most as many records as the limit says, and ends with the one that passes its bytes', async () => {
  const batchLimit = { records: 5, bytes: 1_000 };
  const { log, topic, append } = await setUp(engine({ batchLimit }), 1);
  await append('key', [...range(0, 12), ...range(0, 6).map((text) => text.repeat(400))]);
  const sizes: number[] = [];
  await log.consume({
    group: 'readers',
    topics: [topic],
    onBatch: async ({ records }) => void sizes.push(records.length),
  });
  await expect.poll(() => sizes.reduce((sum, size) => sum + size, 0)).toBe(18);
  expect(sizes).toEqual([5, 5, 5, 3]);
});

test('a topic that is made after its consumer started is read', async () => {
  const { log } = await setUp(engine(), 1);
  const topic = newTopic();
  const { texts, onBatch } = noting();
  const troubles: string[] = [];
  await log.consume({ group: 'readers', topics: [topic], onBatch, onTrouble: ({ what }) => troubles.push(what) });
  await log.ensureTopics([{ name: topic, partitions: 2, retentionMs: 3_600_000 }]);
  const producer = await log.openProducer();
  await producer.send([textRecord(topic, 'key', '0')]);
  await expect.poll(texts).toEqual(['0']);
  expect(troubles).toEqual([`there is no topic ${topic} yet`]);
});

test('what is older than its topic keeps it is deleted, and a group that was not there yet goes on after it', async () => {
  const { log, open, topic, append } = await setUp(engine(), 1);
  await append('key', range(0, 2_600));
  const behind = await log.consume({
    group: 'readers',
    topics: [topic],
    onBatch: (_batch, { commit }) => commit(100n),
  });
  const lag = async () => (await log.lag('readers', [topic]))[0]?.records;
  await expect.poll(lag).toBe(2_500n);
  await behind.stop();
  await makeOlder(topic, 2_500);
  const sweeps = await Promise.all([sweeperOf(open()).sweep(), sweeperOf(open()).sweep()]);
  expect(Math.max(...sweeps)).toBe(2_500);
  expect(await sweeperOf(open()).sweep()).toBe(0);
  expect(await lag()).toBe(100n);
  const { records, onBatch } = noting();
  await log.consume({ group: 'readers', topics: [topic], onBatch });
  await expect.poll(() => records.map(textOf)).toEqual(range(2_500, 2_600));
  await append('key', ['next']);
  await expect.poll(() => records.at(-1)?.offset).toBe(2_600n);
});

test('consumers delete by themselves what is too old', async () => {
  const { log, topic, append } = await setUp(engine({ sweepMs: 50 }), 1);
  await append('key', range(0, 10));
  await makeOlder(topic, 4);
  await log.consume({ group: 'readers', topics: [topic], onBatch: async () => undefined });
  const admin = await connect();
  const kept = async () => {
    const { rows } = await admin.query('select "offset" from event_log.records where topic = $1 order by 1', [topic]);
    return rows.map(({ offset }) => offset);
  };
  await expect.poll(kept).toEqual(range(4, 10));
});

/** Lets the first records of a topic look as if they had been appended two hours before. */
async function makeOlder(topic: string, count: number): Promise<void> {
  const admin = await connect();
  await admin.query(
    `update event_log.records set appended_at = appended_at - interval '2 hours' where topic = $1 and "offset" < $2`,
    [topic, count],
  );
}

function sweeperOf(log: object): Pick<PostgresEventLog, 'sweep'> {
  if (!('sweep' in log)) throw new Error('Only the log in PostgreSQL sweeps by itself.');
  return log as PostgresEventLog;
}
