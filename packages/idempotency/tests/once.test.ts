import { createHash, randomUUID } from 'node:crypto';
import { AppError } from '@nova/errors';
import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import { type Kysely, sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type IdempotencyKey, once } from '../src/index.ts';

let database: TestDatabase;
let opened: ReturnType<typeof openDatabase<unknown>>;
let db: Kysely<unknown>;
beforeAll(async () => {
  database = await createTestDatabase();
  const log = createLogger({ service: 'test', level: 'silent' });
  opened = openDatabase({ url: database.urlFor('content'), poolMax: 10, applicationName: 'test', log });
  db = opened.db;
  await sql`create table effects (id uuid primary key)`.execute(db);
});
afterAll(async () => {
  await opened.stop();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate effects, idempotency_keys`.execute(db);
});

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const newKey = (request = 'request'): IdempotencyKey => ({
  key: `${randomUUID()}/createPost`,
  fingerprint: hash(request),
});

/** A command whose effect is a row; `meanwhile` runs in its transaction. */
function run(key: IdempotencyKey | undefined, meanwhile?: () => Promise<void>): Promise<string> {
  return db.transaction().execute((tx) => once(tx, key, command(tx, meanwhile)));
}

function command(tx: Transaction<unknown>, meanwhile?: () => Promise<void>) {
  return {
    async effect() {
      const id = randomUUID();
      await sql`insert into effects (id) values (${id})`.execute(tx);
      await meanwhile?.();
      return id;
    },
    idOf: (id: string) => id,
    async earlier(id: string) {
      const { rows } = await sql`select from effects where id = ${id}`.execute(tx);
      if (rows.length === 0) throw new AppError('NOT_FOUND', 'It does not exist.');
      return id;
    },
  };
}

async function count(table: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(db);
  return rows[0]?.n ?? 0;
}

async function age(key: IdempotencyKey, hours: number): Promise<void> {
  await sql`
    update idempotency_keys set created_at = clock_timestamp() - make_interval(hours => ${hours}) where key = ${key.key}
    `.execute(db);
}

async function storeKeys(number: number, hours: number): Promise<void> {
  await sql`
    insert into idempotency_keys (key, fingerprint, result_id, created_at)
    select ${`${hours}h-`} || n, '', '', clock_timestamp() - make_interval(hours => ${hours})
    from generate_series(1, ${number}::int) as n`.execute(db);
}

test('without a key each call has its effect, and nothing is stored', async () => {
  expect(await run(undefined)).not.toBe(await run(undefined));
  expect([await count('effects'), await count('idempotency_keys')]).toEqual([2, 0]);
});

test('a repeat gets the result of the first and has no effect', async () => {
  const key = newKey();
  const first = await run(key);
  expect(await run(key)).toBe(first);
  expect(await count('effects')).toBe(1);
});

test('of calls at the same time one has the effect and all get its result', async () => {
  const key = newKey();
  const results = await Promise.all(Array.from({ length: 8 }, () => run(key)));
  expect(new Set(results).size).toBe(1);
  expect(await count('effects')).toBe(1);
});

test('a command that fails stores nothing, and the repeat that waited for it has the effect', async () => {
  const key = newKey();
  let repeat: Promise<string> | undefined;
  const failing = run(key, async () => {
    repeat = run(key);
    await expect.poll(() => waitingInserts()).toBe(1);
    throw new Error('The effect failed.');
  });
  await expect(failing).rejects.toThrow('The effect failed.');
  const id = await repeat;
  expect(await run(key)).toBe(id);
  expect(await count('effects')).toBe(1);
});

test('a key that comes with another request is refused without an effect', async () => {
  const key = newKey('one');
  await run(key);
  const other = run({ ...key, fingerprint: hash('other') });
  await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', facts: { httpStatus: 422 } });
  expect(await count('effects')).toBe(1);
});

test('a repeat whose result was deleted meanwhile says so and does not make it again', async () => {
  const key = newKey();
  await run(key);
  await sql`delete from effects`.execute(db);
  await expect(run(key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await count('effects')).toBe(0);
});

test('a key is remembered for 24 hours and new after them', async () => {
  const key = newKey();
  const first = await run(key);
  await age(key, 23);
  expect(await run(key)).toBe(first);
  await age(key, 25);
  const second = await run({ ...key, fingerprint: hash('other') });
  expect(second).not.toBe(first);
  expect(await run({ ...key, fingerprint: hash('other') })).toBe(second);
});

test('each new key has ten old ones forgotten, and no young one', async () => {
  await storeKeys(15, 25);
  await storeKeys(5, 23);
  await run(newKey());
  expect(await count('idempotency_keys')).toBe(5 + 5 + 1);
  await run(newKey());
  expect(await count('idempotency_keys')).toBe(5 + 2);
});

test('nobody waits for an old key that another transaction uses', async () => {
  await storeKeys(3, 25);
  await db.transaction().execute(async (tx) => {
    await sql`select from idempotency_keys for update`.execute(tx);
    await run(newKey());
  });
  expect(await count('idempotency_keys')).toBe(3 + 1);
});

async function waitingInserts(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%idempotency_keys%'`.execute(db);
  return rows[0]?.n ?? 0;
}
