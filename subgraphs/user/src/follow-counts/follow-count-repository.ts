import { isUuid } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

export type FollowCounts = { readonly followers: number; readonly following: number };

/** How many follow each user and are followed by each; a user whom nobody ever followed and who never followed is not in the map. */
export async function findFollowCounts(
  db: Kysely<Tables>,
  userIds: readonly string[],
): Promise<Map<string, FollowCounts>> {
  const rows = await db
    .selectFrom('follow_counts')
    .select(['user_id', 'followers', 'following'])
    .where('user_id', '=', sql<string>`any(${userIds.filter(isUuid)}::uuid[])`)
    .execute();
  return new Map(rows.map(({ user_id, followers, following }) => [user_id, { followers, following }]));
}

/** Adds to users' counts, which begin at 0; takes from them when a figure is negative. */
export async function changeFollowCounts(
  db: Kysely<Tables>,
  changes: readonly (FollowCounts & { readonly userId: string })[],
): Promise<void> {
  // Rows are locked in the order of ids, so that two who follow each other at once do not wait for each other.
  const ordered = changes.toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
  await db
    .insertInto('follow_counts')
    .values(ordered.map(({ userId, followers, following }) => ({ user_id: userId, followers, following })))
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet({
        followers: sql`follow_counts.followers + excluded.followers`,
        following: sql`follow_counts.following + excluded.following`,
      }),
    )
    .execute();
}
