import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { createTestDatabase } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inEventTransaction } from '../src/event-transaction.ts';

let db: Kysely<unknown>;
let stop: () => Promise<void>;

beforeAll(async () => {
  const database = await createTestDatabase();
  const log = createLogger({ service: 'test', level: 'silent' });
  const opened = openDatabase({ url: database.urlFor('user'), poolMax: 2, applicationName: 'test', log });
  db = opened.db;
  stop = () => opened.stop().finally(database.drop);
});
afterAll(() => stop());

test('when the answer of a commit is lost, what is to be done after it is done, since the event may count as seen', async () => {
  const done: string[] = [];
  const handled = inEventTransaction(db, async ({ tx, afterCommit }) => {
    afterCommit(async () => void done.push('purged'));
    await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx).catch(() => undefined);
  });
  await expect(handled).rejects.toThrow();
  expect(done).toEqual(['purged']);
});

test('when the handler fails, nothing is done after it', async () => {
  const done: string[] = [];
  const handled = inEventTransaction(db, async ({ afterCommit }) => {
    afterCommit(async () => void done.push('purged'));
    throw new Error('Not today.');
  });
  await expect(handled).rejects.toThrow('Not today.');
  expect(done).toEqual([]);
});
