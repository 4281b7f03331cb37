import { readFileSync } from 'node:fs';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainTables, softDeletionProblems, type Table } from './soft-deletion-law.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

type Exempt = { readonly table: string; readonly kind: string; readonly reason: string };

const kinds = [
  'link',
  'ephemeral',
  'derived',
  'detail',
  'append-only',
  'inbox',
  'outbox',
  'dead letters',
  'migrations',
];

/** The rows of the list in docs/soft-deletion.md. */
const exempt: readonly Exempt[] = readFileSync(new URL('../../../docs/soft-deletion.md', import.meta.url), 'utf8')
  .split('<!-- exempt tables -->')[1]
  ?.split('\n')
  .flatMap((line) => {
    const [, table, kind, reason] = line.match(/^\| `([\w.*]+)` \| ([a-z -]+) \| (.+) \|$/) ?? [];
    return table && kind && reason ? [{ table, kind, reason }] : [];
  }) as Exempt[];

const covers = (table: Table) => (row: Exempt) =>
  row.table === `${table.schema}.${table.name}` || row.table === `*.${table.name}`;

test('a row that was deleted can be seen, and by whom, in every table that is not exempt in docs/soft-deletion.md', async () => {
  const tables = await domainTables(client);
  expect(tables.length).toBeGreaterThan(20);
  const problems: string[] = [];
  for (const table of tables) {
    if (!exempt.some(covers(table))) problems.push(...(await softDeletionProblems(client, table)));
  }
  expect(problems).toEqual([]);
});

test('the list of exempt tables names each once, says why, and names none that is gone', async () => {
  const tables = await domainTables(client);
  for (const row of exempt) {
    expect(kinds, row.table).toContain(row.kind);
    expect(
      tables.some((table) => covers(table)(row)),
      `${row.table} does not exist`,
    ).toBe(true);
  }
  expect(new Set(exempt.map(({ table }) => table)).size).toBe(exempt.length);
});

const whole = `
  create table content.probes (id uuid primary key, deleted_at timestamptz, deleted_by uuid,
    check ((deleted_at is null) = (deleted_by is null)));
  create view content.active_probes as select * from content.probes where deleted_at is null;
  create index on content.probes (deleted_by) where deleted_at is not null;`;

test.each([
  ['has all of it', '', []],
  [
    'nothing of it',
    'drop table content.probes cascade; create table content.probes (id uuid)',
    [
      'has no column deleted_at timestamptz',
      'has no column deleted_by uuid',
      'has no CHECK that both are set or none',
      'has no view active_probes',
      'has no partial index by deleted_by of what is deleted',
    ],
  ],
  [
    'a column later than its view',
    'alter table content.probes add body text',
    ['has columns that active_probes has not'],
  ],
  [
    'a view of everything',
    'create or replace view content.active_probes as select * from content.probes',
    ['shows what is deleted in active_probes'],
  ],
  [
    'a reference that deletes with it',
    'create table content.refs (probe uuid references content.probes on delete cascade)',
    ['is referenced by content.refs without on delete restrict'],
  ],
  [
    'a CHECK of one of them',
    'alter table content.probes drop constraint probes_check, add check (deleted_at is null or deleted_by is not null)',
    ['has no CHECK that both are set or none'],
  ],
])('the law tells a table that has %s', async (_what, change, problems) => {
  await client.query(`begin; ${whole} ${change}`);
  const found = await softDeletionProblems(client, { schema: 'content', name: 'probes' });
  await client.query('rollback');
  expect(found).toEqual(problems.map((problem) => `content.probes ${problem}`));
});
