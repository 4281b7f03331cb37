import { createMetrics, type Metrics } from '@nova/runtime';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { observeOutbox, observeRelay, startRelay } from '../src/index.ts';
import { createOutbox, type TestOutbox } from './_harness/outbox.ts';

let outbox: TestOutbox;
let metrics: Metrics;

beforeEach(async () => {
  outbox = await createOutbox();
  metrics = createMetrics('test');
});
afterEach(() => outbox.drop());

async function read(name: string, labels = ''): Promise<number> {
  const line = (await metrics.metrics())
    .split('\n')
    .find((text) => text.startsWith(`${name}{`) && text.includes(labels));
  return Number(line?.split(' ').at(-1));
}

test('age, backlog and parked keys are what the database holds; parked events do not count as late', async () => {
  observeOutbox(metrics, outbox.db);
  expect(await read('outbox_oldest_unpublished_age_seconds')).toBe(0);
  await outbox.commit(['parked', 'late', 'fresh']);
  await outbox.pool.query(
    `update outbox_events set created_at = clock_timestamp() - interval '60 s' where key = 'late'`,
  );
  await outbox.pool.query(
    `update outbox_events set created_at = clock_timestamp() - interval '1 day' where key = 'parked'`,
  );
  await outbox.pool.query(`insert into outbox_parked_keys (topic, key, shard, row_id, event_id, cause, tries)
    select topic, key, shard, id, event_id, 'test', 5 from outbox_events where key = 'parked'`);
  const age = await read('outbox_oldest_unpublished_age_seconds');
  expect(age).toBeGreaterThanOrEqual(60);
  expect(age).toBeLessThan(62);
  expect(await read('outbox_backlog_rows')).toBe(3);
  expect(await read('outbox_parked_keys')).toBe(1);
});

test('a database that does not answer makes the gauges NaN, and the scrape ends at its deadline', async () => {
  observeOutbox(metrics, outbox.db, { deadlineMs: 100 });
  const blocker = await outbox.pool.connect();
  try {
    await blocker.query('begin');
    await blocker.query('lock table outbox_events in access exclusive mode');
    expect(await read('outbox_backlog_rows')).toBeNaN();
  } finally {
    await blocker.query('rollback');
    blocker.release();
  }
  expect(await read('outbox_backlog_rows')).toBe(0);
});

test('a relay counts what it published and how late, its shards and its connection', async () => {
  const relay = startRelay({
    directUrl: outbox.url,
    schema: outbox.schema,
    log: outbox.openLog(),
    observer: observeRelay(metrics),
  });
  await outbox.commit(['a', 'b', 'c']);
  await expect.poll(() => read('outbox_published_total', 'result="acknowledged"')).toBe(3);
  expect(await read('outbox_publish_latency_seconds_count')).toBe(3);
  expect(await read('outbox_relay_shards')).toBe(16);
  expect(await read('outbox_relay_connected')).toBe(1);
  await relay.stop();
  expect(await read('outbox_relay_shards')).toBe(0);
  expect(await read('outbox_relay_connected')).toBe(0);
});

test('a commit wakes the relay, whenever it falls: it never waits for the next look', async () => {
  const latencies: number[] = [];
  const relay = startRelay({
    directUrl: outbox.url,
    schema: outbox.schema,
    log: outbox.openLog(),
    limits: { pollMs: 20_000 },
    observer: { onPublished: ({ latenciesMs }) => latencies.push(...latenciesMs) },
  });
  for (let turn = 1; turn <= 200; turn++) {
    await outbox.commit([`key-${turn % 9}`]);
    // Half of the commits come while the relay is busy with the one before.
    if (turn % 2 === 0) await expect.poll(() => latencies.length, { interval: 1 }).toBe(turn);
  }
  await relay.stop();
  const [slowest = Number.NaN] = latencies.sort((a, b) => b - a);
  expect(slowest).toBeLessThan(5_000);
});

test('while events come close together nobody notifies; after a pause a commit wakes the relay again', async () => {
  const listener = new pg.Client({ connectionString: outbox.url });
  listener.on('error', () => undefined);
  await listener.connect();
  let notifications = 0;
  listener.on('notification', () => {
    notifications += 1;
  });
  await listener.query(`listen outbox_${outbox.schema}`);
  let published = 0;
  let looks = 0;
  const relay = startRelay({
    directUrl: outbox.url,
    schema: outbox.schema,
    log: outbox.openLog(),
    limits: { pollMs: 60_000 },
    observer: {
      onPublished({ rows }) {
        published += rows;
      },
      onStep(step) {
        if (step === 'selecting') looks += 1;
      },
    },
  });
  await expect
    .poll(async () => {
      const before = notifications;
      for (let turn = 0; turn < 50; turn++) await outbox.commit([`key-${turn}`]);
      return notifications - before;
    })
    .toBe(0);
  const sleepers = async () => (await listener.query(`select from ${outbox.schema}.outbox_sleepers`)).rows.length;
  await expect.poll(sleepers).toBe(1);
  const newLooks = () => {
    const since = looks;
    looks = 0;
    return since;
  };
  await expect.poll(newLooks, { interval: 300 }).toBe(0);
  const before = published;
  await outbox.commit(['later']);
  await expect.poll(() => published, { timeout: 20_000 }).toBe(before + 1);
  await relay.stop();
  await listener.end();
});

test('a commit wakes a relay that was sending a large batch and then found nothing more', async () => {
  let isSecondCommitted: Promise<void> | undefined;
  let published = 0;
  let looks = 0;
  const takeLooks = () => {
    const since = looks;
    looks = 0;
    return since;
  };
  const relay = startRelay({
    directUrl: outbox.url,
    schema: outbox.schema,
    log: {
      ...outbox.openLog(),
      async openProducer() {
        const producer = await outbox.openLog().openProducer();
        return {
          ...producer,
          async send(records) {
            await expect.poll(() => looks).toBeGreaterThan(1);
            // The look ahead has found nothing by now.
            isSecondCommitted ??= outbox.commit(['later']);
            await isSecondCommitted;
            await producer.send(records);
          },
        };
      },
    },
    limits: { pollMs: 60_000, batchRows: 100 },
    observer: {
      onPublished({ rows }) {
        published += rows;
      },
      onStep(step) {
        if (step === 'selected') looks += 1;
      },
    },
  });
  await expect.poll(() => looks).toBeGreaterThan(0);
  await expect.poll(takeLooks, { interval: 300 }).toBe(0);
  await outbox.commit(Array.from({ length: 60 }, (_, index) => `key-${index}`));
  await expect.poll(() => published, { timeout: 20_000 }).toBe(61);
  await relay.stop();
});
