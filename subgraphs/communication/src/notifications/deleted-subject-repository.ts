import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** Until the transaction ends; of `shared` ones there may be many at a time. In one order, so that nobody waits in a circle. */
export async function lockSubjects(
  db: Kysely<Tables>,
  subjectIds: readonly string[],
  mode: 'shared' | 'exclusive',
): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
  await sql`
    select ${lock}(key) from (
      select distinct hashtextextended('communication.subject:' || id, 0) as key
      from unnest(${subjectIds}::uuid[]) as id order by key
    ) as keys`.execute(db);
}

export async function insertDeletedSubject(db: Kysely<Tables>, subjectId: string): Promise<void> {
  await db
    .insertInto('deleted_subjects')
    .values({ subject_id: subjectId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function hasDeletedSubject(db: Kysely<Tables>, subjectIds: readonly string[]): Promise<boolean> {
  const row = await db
    .selectFrom('deleted_subjects')
    .select('subject_id')
    .where('subject_id', '=', sql<string>`any(${subjectIds}::uuid[])`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** One of which there may be notifications; others' locks are passed by. */
export async function takeUndrainedSubject(db: Kysely<Tables>): Promise<string | undefined> {
  const row = await db
    .selectFrom('deleted_subjects')
    .select('subject_id')
    .where('drained_at', 'is', null)
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row?.subject_id;
}

/** Nothing happens while there are notifications about it. */
export async function markDrained(db: Kysely<Tables>, subjectId: string): Promise<void> {
  await sql`
    update deleted_subjects set drained_at = now() where subject_id = ${subjectId}
      and not exists (select from notifications where post_id = ${subjectId})
      and not exists (select from notifications where comment_id = ${subjectId})`.execute(db);
}

/** Deletes some that were drained so long ago. `more` tells whether there may be some left. */
export async function forgetDeletedSubjects(
  db: Kysely<Tables>,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<{ more: boolean }> {
  const { numAffectedRows: forgotten = 0n } = await sql`
    delete from deleted_subjects where subject_id in (
      select subject_id from deleted_subjects
      where drained_at < now() - make_interval(secs => ${olderThanMs / 1_000}::float8)
      order by drained_at limit ${limit} for update skip locked
    )`.execute(db);
  return { more: Number(forgotten) === limit };
}
