import { type EventLog, PublishError } from '@nova/events';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discardParkedEvent, listParkedKeys, type Relay, type RelayOptions, retryParkedKey } from '../src/index.ts';
import { flawless, judge, readPublished } from './_harness/judge.ts';
import { createOutbox, type TestOutbox, topic } from './_harness/outbox.ts';

let outbox: TestOutbox;
beforeEach(async () => {
  outbox = await createOutbox();
});
afterEach(() => outbox.drop());

const backoff = { firstMs: 10, maxMs: 50 };

const start = ({ limits, ...options }: Partial<RelayOptions> = {}): Relay =>
  outbox.startRelay({ ...options, limits: { backoff, ...limits } });

const verdict = async () => judge(await outbox.committed(), await readPublished(outbox.openLog()));

/** The real log, away whenever `isAway` says so: before a send, or after it, when nobody knows what became of it. */
function flaky(log: EventLog, isAway: () => boolean): EventLog {
  const away = () => new PublishError('unavailable', 'The log is away.');
  return {
    ...log,
    async openProducer() {
      if (isAway()) throw away();
      const producer = await log.openProducer();
      return {
        stop: () => producer.stop(),
        async send(records) {
          if (isAway()) throw away();
          await producer.send(records);
          if (isAway()) throw away();
        },
      };
    },
  };
}

test('a log that is away is waited for, however long; what was written meanwhile follows in order', async () => {
  let isAway = true;
  let retries = 0;
  start({ log: flaky(outbox.openLog(), () => isAway), observer: { onRetry: () => (retries += 1) } });
  await outbox.commit(['a', 'b', 'a']);
  await expect.poll(() => retries).toBeGreaterThan(10);
  await outbox.commit(['a', 'c']);
  expect(await outbox.waiting()).toBe(5);
  expect(await listParkedKeys(outbox.db)).toEqual([]);
  isAway = false;
  await expect.poll(outbox.waiting).toBe(0);
  expect(await verdict()).toEqual(flawless);
});

test('a send that failed after the log took it is repeated, in order', async () => {
  let calls = 0;
  start({ log: flaky(outbox.openLog(), () => ++calls === 3), limits: { batchRows: 3 } });
  await outbox.commit(['a', 'b', 'a', 'a', 'b']);
  await expect.poll(outbox.waiting).toBe(0);
  const { duplicates, ...rest } = await verdict();
  expect(rest).toEqual({ lost: 0, strangers: 0, inversions: 0 });
  expect(duplicates).toBe(3);
});

test('a stop while the log is away ends at once, and again changes nothing', async () => {
  let retries = 0;
  const relay = start({
    log: flaky(outbox.openLog(), () => true),
    limits: { backoff: { firstMs: 60_000, maxMs: 60_000 } },
    observer: { onRetry: () => (retries += 1) },
  });
  await outbox.commit(['a']);
  await expect.poll(() => retries).toBe(1);
  expect(relay.stop()).toBe(relay.stop());
  await relay.stop();
  expect(await outbox.waiting()).toBe(1);
});

/** A record over the log's limit of 1 MiB. */
const poisonBytes = 1_100_000;

test('a record that the log refuses parks its key alone: what came before it is published, later events wait, other keys flow', async () => {
  const parked: unknown[] = [];
  await outbox.commit(['sick', 'well', 'sick']);
  await outbox.commit(['sick'], poisonBytes);
  await outbox.commit(['well', 'sick', 'other']);
  start({ observer: { onParked: (event) => parked.push(event) } });
  await expect.poll(() => parked).toHaveLength(1);
  await outbox.commit(['well', 'sick']);
  await expect.poll(outbox.waiting).toBe(3);
  expect(parked).toEqual([
    expect.objectContaining({ topic, key: 'sick', tries: 5, cause: expect.stringContaining('over the limit') }),
  ]);
  expect(await listParkedKeys(outbox.db)).toEqual([expect.objectContaining({ topic, key: 'sick', tries: 5 })]);
  const published = await readPublished(outbox.openLog());
  expect(published.filter(({ key }) => key === 'sick').map(({ change }) => change)).toEqual([1, 2]);
  expect(published.filter(({ key }) => key !== 'sick')).toHaveLength(4);
});

test('a row that no record can be made of parks its key alone', async () => {
  await outbox.commit(['sick', 'well', 'sick']);
  await outbox.pool.query(
    `update outbox_events set created_at = 'infinity' where key = 'sick' and id = (select min(id) from outbox_events where key = 'sick')`,
  );
  start();
  await expect.poll(async () => (await listParkedKeys(outbox.db)).map(({ key }) => key)).toEqual(['sick']);
  await expect.poll(outbox.waiting).toBe(2);
});

test('a retried key is published in order once the log takes it, and parked again while it does not; retrying twice changes nothing', async () => {
  await outbox.commit(['sick']);
  await outbox.pool.query(`update outbox_events set topic = 'not.yet'`);
  await outbox.commit(['well']);
  let parkings = 0;
  start({ observer: { onParked: () => (parkings += 1) } });
  await expect.poll(() => parkings).toBe(1);
  expect(await retryParkedKey(outbox.db, { topic: 'not.yet', key: 'sick' })).toBe(true);
  await expect.poll(() => parkings).toBe(2);
  await outbox.openLog().ensureTopics([{ name: 'not.yet', partitions: 1, retentionMs: 1_000_000 }]);
  expect(await retryParkedKey(outbox.db, { topic: 'not.yet', key: 'sick' })).toBe(true);
  expect(await retryParkedKey(outbox.db, { topic: 'not.yet', key: 'sick' })).toBe(false);
  await expect.poll(outbox.waiting).toBe(0);
  expect(await listParkedKeys(outbox.db)).toEqual([]);
});

test('a discarded event is kept with cause and decider, and the key flows on; doing it twice discards no other event', async () => {
  await outbox.commit(['sick'], poisonBytes);
  await outbox.commit(['sick', 'sick']);
  start();
  await expect.poll(() => listParkedKeys(outbox.db)).toHaveLength(1);
  const eventId = (await listParkedKeys(outbox.db))[0]?.eventId ?? '';
  const discard = () => discardParkedEvent(outbox.db, { topic, key: 'sick', eventId, by: 'on-call' });
  expect(await Promise.all([discard(), discard()]).then((done) => done.sort())).toEqual([false, true]);
  expect(await discard()).toBe(false);
  await expect.poll(outbox.waiting).toBe(0);
  const published = await readPublished(outbox.openLog());
  expect(published.map(({ change }) => change)).toEqual([2, 3]);
  const { rows } = await outbox.pool.query(
    'select event_id, cause, tries, discarded_by, length(payload) as bytes from outbox_discarded_events',
  );
  expect(rows).toEqual([
    {
      event_id: eventId,
      cause: expect.stringContaining('over the limit'),
      tries: 5,
      discarded_by: 'on-call',
      bytes: poisonBytes,
    },
  ]);
});

test('a relay whose session is ended, again and again, comes back by itself; nothing is lost or out of order', async () => {
  let connections = 0;
  start({
    observer: { onConnected: (isConnected) => (connections += isConnected ? 1 : 0) },
    limits: { batchRows: 10 },
  });
  const admin = new pg.Client({ connectionString: outbox.adminUrl });
  await admin.connect();
  try {
    for (let turn = 1; turn <= 4; turn++) {
      await expect.poll(() => connections).toBe(turn);
      await Promise.all(Array.from({ length: 30 }, (_, index) => outbox.commit([`key-${index % 5}`])));
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outbox-relay' and datname = current_database()`,
      );
    }
  } finally {
    await admin.end();
  }
  await expect.poll(outbox.waiting).toBe(0);
  expect(await verdict()).toMatchObject({ lost: 0, strangers: 0, inversions: 0 });
});

test('a log that never answers counts as away after a while, and neither that nor a stop takes longer', async () => {
  let opened = 0;
  const silent: EventLog = {
    ...outbox.openLog(),
    async openProducer() {
      opened += 1;
      return { send: () => new Promise(() => undefined), stop: () => Promise.resolve() };
    },
  };
  const relay = start({ log: silent, limits: { publishTimeoutMs: 200 } });
  await outbox.commit(['a']);
  await expect.poll(() => opened).toBeGreaterThan(2);
  await relay.stop();
  expect(await outbox.waiting()).toBe(1);
});

test('a batch holds no more bytes than allowed, but for a single larger event', async () => {
  const sizes: number[] = [];
  await outbox.commit(['a', 'b', 'c'], 3_000);
  await outbox.commit(['d'], 20_000);
  await outbox.commit(['e', 'f'], 3_000);
  start({ limits: { batchBytes: 8_000 }, observer: { onPublished: ({ rows }) => sizes.push(rows) } });
  await expect.poll(outbox.waiting).toBe(0);
  expect(sizes).toEqual([2, 1, 1, 2]);
});
