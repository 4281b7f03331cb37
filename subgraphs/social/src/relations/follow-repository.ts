import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Follow } from './relation.ts';

type Link = { readonly followerId: string; readonly followeeId: string };

/** When the follow began; undefined when there was one already. */
export async function insertFollow(db: Kysely<Tables>, { followerId, followeeId }: Link): Promise<Date | undefined> {
  const row = await db
    .insertInto('follows')
    .values({ follower_id: followerId, followee_id: followeeId })
    .onConflict((conflict) => conflict.columns(['follower_id', 'followee_id']).doNothing())
    .returning('created_at')
    .executeTakeFirst();
  return row?.created_at;
}

/** Ends a user's follows with others, in both directions; the follows that there were. */
export async function deleteFollowsBetween(
  db: Kysely<Tables>,
  userId: string,
  otherIds: readonly string[],
): Promise<Link[]> {
  const { rows } = await sql<{ follower_id: string; followee_id: string }>`
    delete from follows
    where (follower_id = ${userId} and followee_id = any(${otherIds}::uuid[]))
      or (followee_id = ${userId} and follower_id = any(${otherIds}::uuid[]))
    returning follower_id, followee_id`.execute(db);
  return rows.map((row) => ({ followerId: row.follower_id, followeeId: row.followee_id }));
}

/** Whether there was one. */
export async function deleteFollow(db: Kysely<Tables>, { followerId, followeeId }: Link): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('follows')
    .where('follower_id', '=', followerId)
    .where('followee_id', '=', followeeId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** The same page of each user's followers, newest follow first, in one statement; one row more than the page for each. */
export function listFollowers(db: Kysely<Tables>, userIds: readonly string[], page: PageRequest): Promise<Follow[]> {
  return listFollows(db, { own: 'followee_id', other: 'follower_id', userIds, page });
}

/** Likewise of those whom each user follows. */
export function listFollowing(db: Kysely<Tables>, userIds: readonly string[], page: PageRequest): Promise<Follow[]> {
  return listFollows(db, { own: 'follower_id', other: 'followee_id', userIds, page });
}

async function listFollows(
  db: Kysely<Tables>,
  list: { own: string; other: string; userIds: readonly string[]; page: PageRequest },
): Promise<Follow[]> {
  const { page } = list;
  const [own, other] = [sql.ref(list.own), sql.ref(list.other)];
  const { rows } = await sql<{ id: string; owner_id: string; user_id: string; created_at: Date }>`
    select page.id, page.owner_id, page.user_id, page.created_at
    from unnest(${list.userIds.filter(isUuid)}::uuid[]) as owner (id)
    cross join lateral (
      select id, ${own} as owner_id, ${other} as user_id, created_at
      from follows
      where ${own} = owner.id and (${page.afterId}::uuid is null or id < ${page.afterId}::uuid)
      order by id desc
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map((row) => ({ id: row.id, ownerId: row.owner_id, userId: row.user_id, followedAt: row.created_at }));
}
