import { AppError } from '@nova/errors';
import { type QueryExecutorProvider, sql } from 'kysely';
import { isUuid } from './keyset.ts';

/** A row that somebody deleted. */
export type Deletion = {
  readonly table: string;
  /** Of its primary key, separated by commas when there are several columns. */
  readonly key: string;
  /** As PostgreSQL writes it: to the microsecond. */
  readonly deletedAt: string;
};

export type DeletionPage = {
  readonly deletions: readonly Deletion[];
  /** Of the next page; undefined on the last one. */
  readonly next: string | undefined;
};

const maxPage = 500;

/**
 * What a user deleted, over all tables of the schema that know soft deletion, newest first: at most `first` (up to 500) rows
 * after the cursor. Throws BAD_USER_INPUT for what is no id, INVALID_PAGE_SIZE, INVALID_CURSOR.
 */
export async function listDeletions(
  db: QueryExecutorProvider,
  { userId, first, after }: { userId: string; first: number; after?: string },
): Promise<DeletionPage> {
  if (!isUuid(userId)) throw new AppError('BAD_USER_INPUT', `"${userId}" is no id of a user.`);
  if (!Number.isInteger(first) || first < 1 || first > maxPage)
    throw new AppError('INVALID_PAGE_SIZE', `A page has from 1 to ${maxPage} rows, not ${first}.`);
  const last = after === undefined ? undefined : readCursor(after);
  const tables = await deletableTables(db);
  if (tables.length === 0) return { deletions: [], next: undefined };
  // Each table answers from its index of deleted rows.
  const parts = tables.map(({ table, key }) => {
    const keyText = sql`concat_ws(',', ${sql.join(key.map((column) => sql.ref(column)))})`;
    const since = last
      ? sql`and (deleted_at, ${table}::text, ${keyText}) < (${last.deletedAt}::timestamptz, ${last.table}, ${last.key})`
      : sql``;
    return sql`(select ${table}::text as "table", ${keyText} as key, deleted_at from ${sql.table(table)}
      where deleted_by = ${userId} and deleted_at is not null ${since}
      order by deleted_at desc, key desc limit ${first + 1})`;
  });
  const { rows } = await sql<Deletion>`
    select "table", key, deleted_at::text as "deletedAt" from (${sql.join(parts, sql` union all `)}) as deleted
    order by deleted_at desc, "table" desc, key desc limit ${first + 1}`.execute(db);
  const deletions = rows.slice(0, first);
  const end = deletions.at(-1);
  return { deletions, next: rows.length > first && end ? writeCursor(end) : undefined };
}

async function deletableTables(db: QueryExecutorProvider): Promise<{ table: string; key: string[] }[]> {
  const { rows } = await sql<{ table: string; key: string[] }>`
    select c.relname as "table", array_agg(k.attname::text order by k.attnum) as key
    from pg_class c
      join pg_attribute d on d.attrelid = c.oid and d.attname = 'deleted_by' and not d.attisdropped
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      join pg_attribute k on k.attrelid = c.oid and k.attnum = any(i.indkey)
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    group by c.relname order by c.relname`.execute(db);
  return rows;
}

function writeCursor({ table, key, deletedAt }: Deletion): string {
  return Buffer.from(JSON.stringify([deletedAt, table, key])).toString('base64url');
}

function readCursor(cursor: string): Deletion {
  try {
    const [deletedAt, table, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[];
    if (deletedAt === undefined || table === undefined || key === undefined) throw new Error('a part is missing');
    const deletion = { deletedAt: String(deletedAt), table: String(table), key: String(key) };
    if (!/^\d{4,}-\d\d-\d\d [\d:.]+[+-][\d:]+$/.test(deletion.deletedAt)) throw new Error('it has no time');
    return deletion;
  } catch (cause) {
    throw new AppError('INVALID_CURSOR', 'This is no cursor of a list of deletions.', { cause });
  }
}
