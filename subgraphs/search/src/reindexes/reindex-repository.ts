import { randomUUID } from 'node:crypto';
import { AppError } from '@nova/errors';
import type { Session } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { DocumentKind, Tables } from '../db/tables.ts';

/** The tables that serve, and beside them those that are built. */
const indexes = [
  { kind: 'user', serving: 'user_documents', next: 'user_documents_next', owner: 'id' },
  { kind: 'post', serving: 'post_documents', next: 'post_documents_next', owner: 'author_id' },
] as const satisfies ReadonlyArray<{ kind: DocumentKind; serving: string; next: string; owner: string }>;

export const nextUsers = 'user_documents_next';
export const nextPosts = 'post_documents_next';

/** Held by the session of who rebuilds, and given up with it. Throws CONFLICT when another holds it. */
export async function lockReindex(session: Session): Promise<void> {
  const { rows } = await session.query<{ isLocked: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('search:reindex', 0)) as "isLocked"`,
  );
  if (!rows[0]?.isLocked) throw new AppError('CONFLICT', 'The index is being built already.');
}

/**
 * Makes the tables to build and has writers note from now on what they change: waits for those that began before, so that what the owners
 * say from now on contains what these wrote. Also clears what a rebuild left that died. Gives the rebuild's id.
 */
export function beginReindex(db: Kysely<Tables>): Promise<string> {
  const id = randomUUID();
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('search:writers', 0))`.execute(tx);
    await sql`delete from reindexes`.execute(tx);
    await sql`delete from reindex_changes`.execute(tx);
    await sql`insert into reindexes (id) values (${id})`.execute(tx);
    for (const { serving, next } of indexes) {
      await sql`drop table if exists ${sql.table(next)}`.execute(tx);
      await sql`create table ${sql.table(next)} (like ${sql.table(serving)} including all)`.execute(tx);
    }
    return id;
  });
}

/** Leaves no trace of a rebuild that is given up; runs in the session, because the request it was made for may be over. */
export async function abandonReindex(session: Session, id: string): Promise<void> {
  await session.query(`drop table if exists ${indexes.map(({ next }) => next).join(', ')}`);
  await session.query('delete from reindexes where id = $1', [id]);
  await session.query('delete from reindex_changes');
}

export async function analyzeNext(db: Kysely<Tables>): Promise<void> {
  for (const { next } of indexes) await sql`analyze ${sql.table(next)}`.execute(db);
}

/** Takes over at most `limit` of what was written meanwhile, as the serving index has it; how much it was. */
export function takeOverChanges(db: Kysely<Tables>, limit: number): Promise<number> {
  return db.transaction().execute((tx) => takeOver(tx, limit));
}

async function takeOver(tx: Kysely<Tables>, limit: number): Promise<number> {
  const changes = await tx
    .deleteFrom('reindex_changes')
    .where(sql<boolean>`(kind, id) in (select kind, id from reindex_changes limit ${limit})`)
    .returning(['kind', 'id'])
    .execute();
  for (const { kind, serving, next } of indexes) {
    const ids = changes.filter((change) => change.kind === kind).map(({ id }) => id);
    if (ids.length === 0) continue;
    const isAmong = sql`id = any(${ids}::uuid[])`;
    await sql`delete from ${sql.table(next)} where ${isAmong}`.execute(tx);
    await sql`insert into ${sql.table(next)} select * from ${sql.table(serving)} where ${isAmong}`.execute(tx);
  }
  return changes.length;
}

/** Nobody reads or writes for this long at most while the swap waits for those who do; then it lets them and tries again. */
const swapWaitMs = 250;
const allChanges = 1_000_000;

/**
 * Puts the built tables in the place of the serving ones, all or nothing, after what was written last. Fails with DEADLINE_EXCEEDED when
 * others hold the serving tables: try again. Throws CONFLICT when the rebuild was given up for dead meanwhile.
 */
export function swapIndexes(db: Kysely<Tables>, id: string): Promise<void> {
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('lock_timeout', ${`${swapWaitMs}ms`}, true)`.execute(tx);
    for (const { serving } of indexes) await sql`lock table ${sql.table(serving)} in access exclusive mode`.execute(tx);
    const [own] = await tx.deleteFrom('reindexes').where('id', '=', id).returning('started_at').execute();
    if (!own) throw new AppError('CONFLICT', 'Another rebuild of the index took the place of this one.');
    await takeOver(tx, allChanges);
    for (const { serving, next, owner } of indexes) {
      await forgetErased(tx, { table: next, owner, since: own.started_at });
      await sql`drop table ${sql.table(serving)}`.execute(tx);
      await sql`alter table ${sql.table(next)} rename to ${sql.ref(serving)}`.execute(tx);
    }
  });
}

/** Who was erased while the owners told of them: the writer of the erasure could not know what the tables beside would hold. */
async function forgetErased(
  tx: Kysely<Tables>,
  { table, owner, since }: { table: string; owner: string; since: Date },
): Promise<void> {
  await sql`
    delete from ${sql.table(table)}
    where exists (select from erased_users where erased_at >= ${since})
      and sha256(uuid_send(${sql.ref(owner)})) in (select digest from erased_users where erased_at >= ${since})`.execute(
    tx,
  );
}
