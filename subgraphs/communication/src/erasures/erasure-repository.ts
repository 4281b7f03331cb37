import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** Until the transaction ends; of `shared` ones there may be many at a time. In one order, so that nobody waits in a circle. */
export async function lockUsers(
  db: Kysely<Tables>,
  userIds: readonly string[],
  mode: 'shared' | 'exclusive',
): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
  await sql`
    select ${lock}(key) from (
      select distinct hashtextextended('communication.user:' || id, 0) as key
      from unnest(${userIds}::text[]) as id order by key
    ) as keys`.execute(db);
}

export async function findErasedUsers(db: Kysely<Tables>, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('erased_users')
    .select('user_id')
    .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`)
    .execute();
  return new Set(rows.map((row) => row.user_id));
}

/** When the user was erased first. */
export async function insertErasedUser(db: Kysely<Tables>, userId: string): Promise<Date> {
  const row = await db
    .insertInto('erased_users')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ erased_at: sql`erased_users.erased_at` }))
    .returning('erased_at')
    .executeTakeFirstOrThrow();
  return row.erased_at;
}
