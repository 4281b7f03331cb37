import type { PageRequest } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { OwnBlock, Pair, Relation } from './relation.ts';

/** How a user stands to each of the others, in their order. */
export async function listRelations(
  db: Kysely<Tables>,
  userId: string,
  otherIds: readonly string[],
): Promise<Relation[]> {
  const { rows } = await sql<Relation>`
    select other.id as "otherId",
      exists (select from follows where follower_id = ${userId} and followee_id = other.id) as follows,
      exists (select from follows where follower_id = other.id and followee_id = ${userId}) as "isFollowedBy",
      exists (select from blocks where blocker_id = ${userId} and blocked_id = other.id) as blocks,
      exists (select from blocks where blocker_id = other.id and blocked_id = ${userId}) as "isBlockedBy"
    from unnest(${otherIds}::uuid[]) with ordinality as other (id, position)
    order by position`.execute(db);
  return rows;
}

/** Those of the others whom the user blocks or who block the user. */
export async function listBlocked(db: Kysely<Tables>, userId: string, otherIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select blocked_id as id from blocks where blocker_id = ${userId} and blocked_id = any(${otherIds}::uuid[])
    union
    select blocker_id from blocks where blocked_id = ${userId} and blocker_id = any(${otherIds}::uuid[])`.execute(db);
  return rows.map(({ id }) => id);
}

/** A page of those whom a user blocks, in the order of their ids; one row more than the page. */
export async function listBlocksOf(db: Kysely<Tables>, userId: string, page: PageRequest): Promise<OwnBlock[]> {
  const rows = await db
    .selectFrom('blocks')
    .select(['blocked_id', 'created_at'])
    .where('blocker_id', '=', userId)
    .$if(page.afterId !== null, (query) => query.where('blocked_id', '>', page.afterId))
    .orderBy('blocked_id')
    .limit(page.first + 1)
    .execute();
  return rows.map((row) => ({ id: row.blocked_id, blockedAt: row.created_at }));
}

/** False when there was one already. */
export async function insertBlock(db: Kysely<Tables>, { actorId, otherId }: Pair): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('blocks')
    .values({ blocker_id: actorId, blocked_id: otherId })
    .onConflict((conflict) => conflict.columns(['blocker_id', 'blocked_id']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Whether there was one. */
export async function deleteBlock(db: Kysely<Tables>, { actorId, otherId }: Pair): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('blocks')
    .where('blocker_id', '=', actorId)
    .where('blocked_id', '=', otherId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Lifts a user's blocks of others and theirs of the user. */
export async function deleteBlocksBetween(
  db: Kysely<Tables>,
  userId: string,
  otherIds: readonly string[],
): Promise<void> {
  await sql`
    delete from blocks
    where (blocker_id = ${userId} and blocked_id = any(${otherIds}::uuid[]))
      or (blocked_id = ${userId} and blocker_id = any(${otherIds}::uuid[]))`.execute(db);
}

/** The next of those who have to do with a user, in the order of their ids. */
export async function listRelated(
  db: Kysely<Tables>,
  userId: string,
  page: { afterId: string; limit: number },
): Promise<string[]> {
  const { afterId, limit } = page;
  const { rows } = await sql<{ id: string }>`
    (select followee_id as id from follows where follower_id = ${userId} and followee_id > ${afterId})
    union (select follower_id from follows where followee_id = ${userId} and follower_id > ${afterId})
    union (select blocked_id from blocks where blocker_id = ${userId} and blocked_id > ${afterId})
    union (select blocker_id from blocks where blocked_id = ${userId} and blocker_id > ${afterId})
    order by id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}
