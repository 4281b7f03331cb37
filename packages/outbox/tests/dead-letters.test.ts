import { create, fromBinary } from '@bufbuild/protobuf';
import { type LogRecord, readEvent } from '@nova/events';
import { DeadLetteredSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enterEvent } from '../src/event-entry.ts';
import { freeKeyIfEmpty, lockKey } from '../src/parked-key-repository.ts';
import { park, storeBehind } from '../src/parking.ts';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  eventRecord,
  group,
  topic,
} from './_harness/consumer-database.ts';

let database: ConsumerDatabase;
beforeEach(async () => {
  database = await createConsumerDatabase();
});
afterEach(() => database.drop());

const parked = { group, topic, key: 'a' };
const failed = { group, causeCode: 'FAILED', cause: 'Error: no.', tries: 5 } as const;

function inLog(record: ReturnType<typeof eventRecord>, offset: bigint): LogRecord {
  return { ...record, partition: 3, offset, appendedAt: new Date() };
}

const counts = async () => {
  const [row] = await database.rows<{ letters: number; keys: number; announced: number }>(`
    select (select count(*)::int from dead_letters) as letters, (select count(*)::int from parked_keys) as keys,
      (select count(*)::int from outbox_events) as announced`);
  return row;
};

/** Waits until a statement of this database waits for a lock. */
const somebodyWaits = () =>
  expect
    .poll(() =>
      database.rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`),
    )
    .toHaveLength(1);

test('a record is set aside once, by however many at the same time', async () => {
  const record = inLog(eventRecord('a', 1), 7n);
  const results = await Promise.all(Array.from({ length: 6 }, () => park(database.db, { ...failed, record })));
  expect(results.sort()).toEqual(['dead_lettered', ...Array.from({ length: 5 }, () => 'duplicate')]);
  expect(await counts()).toEqual({ letters: 1, keys: 1, announced: 1 });
});

test('a record that had its effect meanwhile is not set aside', async () => {
  const record = inLog(eventRecord('a', 1), 7n);
  const event = readEvent(record.value);
  await database.db.transaction().execute((tx) => enterEvent(tx, parked, event));
  expect(await park(database.db, { ...failed, record })).toBe('duplicate');
  expect(await counts()).toEqual({ letters: 0, keys: 0, announced: 0 });
});

test('a topic that was made anew, and counts from zero again, has its records set aside too', async () => {
  await park(database.db, { ...failed, record: inLog(eventRecord('a', 1), 0n) });
  await park(database.db, { ...failed, record: inLog(eventRecord('a', 2), 0n) });
  expect(await counts()).toMatchObject({ letters: 2 });
});

test('a live event waits for the one who is freeing its key, and then goes through', async () => {
  const record = inLog(eventRecord('a', 1), 7n);
  await park(database.db, { ...failed, record });
  const event = readEvent(inLog(eventRecord('a', 2), 8n).value);
  const live = await database.db.transaction().execute(async (tx) => {
    await lockKey(tx, parked);
    await sql`update dead_letters set resolved_at = now(), resolution = 'replayed'`.execute(tx);
    await freeKeyIfEmpty(tx, parked);
    const entering = database.db.transaction().execute((other) => enterEvent(other, parked, event));
    await somebodyWaits();
    return { entering };
  });
  expect((await live.entering).kind).toBe('first');
  expect(await counts()).toMatchObject({ keys: 0 });
});

test('a live event that is being stored behind its key keeps the key from being freed', async () => {
  await park(database.db, { ...failed, record: inLog(eventRecord('a', 1), 7n) });
  const record = inLog(eventRecord('a', 2), 8n);
  const freeing = await database.db.transaction().execute(async (tx) => {
    expect((await enterEvent(tx, parked, readEvent(record.value))).kind).toBe('parked');
    const free = database.db.transaction().execute(async (other) => {
      await lockKey(other, parked);
      await sql`update dead_letters set resolved_at = now(), resolution = 'replayed' where "offset" = 7`.execute(other);
      await freeKeyIfEmpty(other, parked);
    });
    await somebodyWaits();
    expect(await storeBehind(tx, { group, record })).toBe('dead_lettered');
    return { free };
  });
  await freeing.free;
  expect(await counts()).toMatchObject({ letters: 2, keys: 1 });
});

test('a key that is parked while it is being freed stays parked', async () => {
  await park(database.db, { ...failed, record: inLog(eventRecord('a', 1), 7n) });
  const parking = await database.db.transaction().execute(async (tx) => {
    await lockKey(tx, parked);
    const again = park(database.db, { ...failed, record: inLog(eventRecord('a', 2), 8n) });
    await somebodyWaits();
    await sql`update dead_letters set resolved_at = now(), resolution = 'replayed' where "offset" = 7`.execute(tx);
    await freeKeyIfEmpty(tx, parked);
    return { again };
  });
  expect(await parking.again).toBe('dead_lettered');
  expect(await counts()).toMatchObject({ letters: 2, keys: 1 });
});

test('the announcement carries what was set aside, but not a value that would not fit into a record', async () => {
  const small = inLog(eventRecord('a', 1), 7n);
  const large = { ...inLog(eventRecord('b', 1), 8n), value: new Uint8Array(600_000) };
  await park(database.db, { ...failed, record: small });
  await park(database.db, { ...failed, record: large });
  const rows = await database.rows<{ payload: Buffer }>('select payload from outbox_events order by id');
  const [first, second] = rows.map(({ payload }) => fromBinary(DeadLetteredSchema, payload));
  const letters = await database.rows<{ id: string; size: number }>(
    'select id, length(value) as size from dead_letters order by sequence',
  );
  expect(first).toMatchObject(
    create(DeadLetteredSchema, {
      deadLetterId: letters[0]?.id,
      domain: 'user',
      consumerGroup: group,
      originTopic: topic,
      originPartition: 3,
      originOffset: 7n,
      key: 'a',
      headers: small.headers,
      causeCode: 'FAILED',
      cause: 'Error: no.',
      tries: 5,
      failedAt: first?.failedAt,
      value: first?.value,
    }),
  );
  expect(new Uint8Array(first?.value ?? [])).toEqual(small.value);
  expect([second?.deadLetterId, second?.value.length, letters[1]?.size]).toEqual([letters[1]?.id, 0, 600_000]);
});
