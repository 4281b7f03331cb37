import { createLogger } from '@nova/runtime';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseFailure, openDatabase } from '../src/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a connection that is lost within a transaction, between two statements, is a database that is away and ends nothing else', async () => {
  const log = createLogger({ service: 'test', level: 'silent' });
  const { db, stop } = openDatabase({ url: database.urlFor('content'), poolMax: 2, applicationName: 'test', log });
  const failure = await db
    .transaction()
    .execute(async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await terminate(rows[0]?.pid ?? 0);
      await sql`select 1`.execute(tx);
    })
    .catch((error: unknown) => error);
  expect(databaseFailure(failure)?.code).toBe('SERVICE_UNAVAILABLE');
  await expect(sql`select 1`.execute(db)).resolves.toBeDefined();
  await stop();
});

async function terminate(pid: number): Promise<void> {
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  await client.query('select pg_terminate_backend($1, 5000)', [pid]);
  await client.end();
}
