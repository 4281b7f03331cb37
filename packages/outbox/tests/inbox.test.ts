import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepHouse } from '../src/housekeeping.ts';
import { once } from '../src/index.ts';
import { type ConsumerDatabase, createConsumerDatabase } from './_harness/consumer-database.ts';

let database: ConsumerDatabase;
beforeEach(async () => {
  database = await createConsumerDatabase();
});
afterEach(() => database.drop());

const claim = (consumer: string, eventId: string) =>
  database.db.transaction().execute((tx) => once(tx, consumer, eventId));
const seen = async () => (await database.rows<{ n: number }>('select count(*)::int as n from inbox'))[0]?.n;

async function remember(db: Kysely<never> | ConsumerDatabase['db'], rows: number, days: number): Promise<void> {
  await sql`
    insert into inbox (consumer, event_id, seen_at)
    select 'user', uuidv7(), clock_timestamp() - make_interval(days => ${days}) from generate_series(1, ${rows}::int)
    `.execute(db);
}

test('an event is new to each consumer once', async () => {
  const id = randomUUID();
  expect([await claim('user', id), await claim('user', id), await claim('search', id)]).toEqual([true, false, true]);
});

test('of deliveries at the same time one has the effect, and a claim that is rolled back was none', async () => {
  const id = randomUUID();
  const failing = database.db.transaction().execute(async (tx) => {
    expect(await once(tx, 'user', id)).toBe(true);
    throw new Error('The effect failed.');
  });
  await expect(failing).rejects.toThrow('The effect failed.');
  const claims = await Promise.all(Array.from({ length: 8 }, () => claim('user', id)));
  expect(claims.filter((isFirst) => isFirst)).toHaveLength(1);
});

test('events older than any topic keeps them are forgotten, a bounded number at a time, younger ones are not', async () => {
  await remember(database.db, 1_500, 15);
  await remember(database.db, 20, 13);
  expect(await keepHouse(database.db)).toEqual({ more: true });
  expect(await seen()).toBe(520);
  expect(await keepHouse(database.db)).toEqual({ more: false });
  expect(await seen()).toBe(20);
});

test('an event whose letter still waits is remembered however long that takes', async () => {
  await remember(database.db, 2, 100);
  await database.rows(`
    insert into dead_letters (consumer_group, topic, partition, "offset", key, event_id, headers, value, cause_code, cause, tries)
    select 'user', 'content.events', 0, 0, 'a', event_id, '{}', '', 'FAILED', '', 5 from inbox limit 1`);
  await keepHouse(database.db);
  expect(await seen()).toBe(1);
  await database.rows(`update dead_letters set resolved_at = clock_timestamp(), resolution = 'replayed'`);
  await keepHouse(database.db);
  expect(await seen()).toBe(0);
});

test('letters are kept for 30 days after they were resolved, and unresolved ones for ever', async () => {
  await database.rows(`
    insert into dead_letters (consumer_group, topic, partition, "offset", key, headers, value, cause_code, cause, tries,
      failed_at, resolved_at, resolution)
    select 'user', 'content.events', 0, n, 'a', '{}', '', 'FAILED', '', 5, clock_timestamp() - interval '90 days',
      clock_timestamp() - make_interval(days => days), case when days is null then null else 'replayed' end
    from unnest(array[31, 29, null]) with ordinality as letters(days, n)`);
  await keepHouse(database.db);
  expect(await database.rows('select "offset" from dead_letters order by 1')).toEqual([
    { offset: '2' },
    { offset: '3' },
  ]);
});

test('one process of a schema keeps house at a time', async () => {
  await remember(database.db, 5, 15);
  await database.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ':inbox-housekeeping', 0))`.execute(tx);
    expect(await keepHouse(database.db)).toEqual({ more: false });
    expect(await seen()).toBe(5);
  });
  await keepHouse(database.db);
  expect(await seen()).toBe(0);
});
