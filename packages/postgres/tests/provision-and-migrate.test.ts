import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate, provisionDatabase, roleName } from '../src/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

async function create(db: Kysely<unknown>): Promise<void> {
  await sql`create table twice.things (id int)`.execute(db);
}

async function failing(db: Kysely<unknown>): Promise<void> {
  await sql`create table broken.half (id int)`.execute(db);
  await sql`select 1 / 0`.execute(db);
}

test("a domain's role reads and writes its own schema and nothing of another's", async () => {
  const content = database.urlFor('content');
  await query(content, `insert into posts (author_id, body) values (uuidv7(), 'Mine.')`);
  await expect(query(content, 'select * from identity.accounts')).rejects.toThrow('permission denied');
  await expect(query(content, 'create table public.mine (id int)')).rejects.toThrow('permission denied');
  await expect(query(content, 'create schema mine')).rejects.toThrow('permission denied');
});

test("a role's statements, locks and idle transactions are bounded", async () => {
  const { rows } = await query(
    database.urlFor('content'),
    `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
       current_setting('idle_in_transaction_session_timeout') as idle, current_schema() as schema`,
  );
  expect(rows).toEqual([{ statement: '30s', lock: '10s', idle: '30s', schema: 'content' }]);
});

test('search finds what is similar by an extension in its own schema, which no other domain sees', async () => {
  const { rows } = await query(
    database.urlFor('search'),
    `select word_similarity('wrld', 'hello world') > 0.3 as similar,
       current_setting('pg_trgm.word_similarity_threshold') as threshold`,
  );
  expect(rows).toEqual([{ similar: true, threshold: '0.4' }]);
  await expect(query(database.urlFor('content'), `select similarity('a', 'b')`)).rejects.toThrow('does not exist');
});

test('provisioning twice changes nothing', async () => {
  const name = new URL(database.adminUrl).pathname.slice(1);
  const password = new URL(database.urlFor('content')).password;
  const domains = [{ name: 'content', password }];
  for (let time = 0; time < 2; time += 1)
    await provisionDatabase({ adminUrl: database.adminUrl, database: name, domains, eventLogPassword: password });
  const { rows } = await query(
    database.adminUrl,
    `select count(*)::int as roles from pg_roles where rolname = '${roleName('content')}'`,
  );
  expect(rows).toEqual([{ roles: 1 }]);
});

test("a domain's role appends to the event log and reads it, and changes nothing else there", async () => {
  const content = database.urlFor('content');
  await query(content, `insert into event_log.topics values ('mine', 1, 1000)`);
  await query(content, `insert into event_log.partitions values ('mine', 0)`);
  await query(content, String.raw`select event_log.append('{mine}', '{0}', '{key}', '{"\\x00"}', '{"{}"}')`);
  const { rows } = await query(content, `select "offset", key from event_log.records where topic = 'mine'`);
  expect(rows).toEqual([{ offset: '0', key: 'key' }]);
  for (const forbidden of [
    `update event_log.records set key = 'other'`,
    `update event_log.topics set retention_ms = 1`,
    'delete from event_log.kysely_migration',
    'create table event_log.mine (id int)',
    'drop table event_log.records',
  ])
    await expect(query(content, forbidden)).rejects.toThrow(/permission denied|must be owner/);
});

test('replicas that migrate at the same time run each migration once', async () => {
  await query(database.adminUrl, 'create schema twice authorization nova_content');
  const migrations = { '1-create': { up: create } };
  const options = { url: database.urlFor('content'), schema: 'twice', migrations };
  const ran = await Promise.all([migrate(options), migrate(options), migrate(options)]);
  expect(ran.flat()).toEqual(['1-create']);
});

test('a migration that fails names itself and leaves nothing behind', async () => {
  await query(database.adminUrl, 'create schema broken authorization nova_content');
  const migrations = { '1-half': { up: failing } };
  await expect(migrate({ url: database.urlFor('content'), schema: 'broken', migrations })).rejects.toThrow('1-half');
  const { rows } = await query(database.adminUrl, `select to_regclass('broken.half') as table`);
  expect(rows).toEqual([{ table: null }]);
});

test.each(['identity', 'user', 'content'])(
  'every table of %s that soft-deletes sets both marks or none',
  async (domain) => {
    const { rows } = await query(
      database.adminUrl,
      `select c.relname as table,
       exists (select 1 from pg_constraint k where k.conrelid = c.oid and pg_get_constraintdef(k.oid) ilike '%deleted_at is null%deleted_by is null%') as checked,
       to_regclass(format('%I.%I', n.nspname, 'active_' || c.relname)) is not null as viewed
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'deleted_at'
     where n.nspname = '${domain}' and c.relkind = 'r'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatchObject({ checked: true, viewed: true });
  },
);
