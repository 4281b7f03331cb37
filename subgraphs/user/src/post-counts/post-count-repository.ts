import { isUuid } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** How many posts each user has; a user who never posted is not in the map. */
export async function countPostsByUsers(db: Kysely<Tables>, userIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('post_counts')
    .select(['user_id', 'posts'])
    .where('user_id', '=', sql<string>`any(${userIds.filter(isUuid)}::uuid[])`)
    .execute();
  return new Map(rows.map(({ user_id, posts }) => [user_id, posts]));
}

/** Adds to a user's count, which begins at 0; takes from it when `change` is negative. */
export async function changePostCount(db: Kysely<Tables>, userId: string, change: number): Promise<void> {
  await db
    .insertInto('post_counts')
    .values({ user_id: userId, posts: change })
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet({ posts: sql`post_counts.posts + excluded.posts` }),
    )
    .execute();
}
