import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Like, LikedPost, OwnLike } from './like.ts';

type Link = { readonly postId: string; readonly userId: string };

/** When the like began; undefined when there was one already. */
export async function insertLike(db: Kysely<Tables>, { postId, userId }: Link): Promise<Date | undefined> {
  const row = await db
    .insertInto('likes')
    .values({ post_id: postId, user_id: userId })
    .onConflict((conflict) => conflict.columns(['post_id', 'user_id']).doNothing())
    .returning('created_at')
    .executeTakeFirst();
  return row?.created_at;
}

/** Whether there was one. */
export async function deleteLike(db: Kysely<Tables>, { postId, userId }: Link): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('likes')
    .where('post_id', '=', postId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function countLike(db: Kysely<Tables>, post: LikedPost): Promise<void> {
  await db
    .insertInto('post_likes')
    .values({ post_id: post.id, author_id: post.authorId, likes: 1 })
    .onConflict((conflict) => conflict.column('post_id').doUpdateSet({ likes: sql`post_likes.likes + 1` }))
    .execute();
}

/** Takes one like from each post, locked in the order of their ids; the posts. */
export async function uncountLikes(db: Kysely<Tables>, postIds: readonly string[]): Promise<LikedPost[]> {
  const { rows } = await sql<{ post_id: string; author_id: string }>`
    with locked as (
      select post_id from post_likes where post_id = any(${postIds}::uuid[]) order by post_id for update
    )
    update post_likes set likes = likes - 1 from locked where post_likes.post_id = locked.post_id
    returning post_likes.post_id, author_id`.execute(db);
  return rows.map((row) => ({ id: row.post_id, authorId: row.author_id }));
}

/** How many like each post; a post that nobody ever liked is not in the map. */
export async function countLikesByPosts(db: Kysely<Tables>, postIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('post_likes')
    .select(['post_id', 'likes'])
    .where('post_id', '=', sql<string>`any(${postIds.filter(isUuid)}::uuid[])`)
    .execute();
  return new Map(rows.map(({ post_id, likes }) => [post_id, likes]));
}

/** Which of the posts the user likes. */
export async function findLiked(
  db: Kysely<Tables>,
  userId: string,
  postIds: readonly string[],
): Promise<Map<string, true>> {
  const rows = await db
    .selectFrom('likes')
    .select('post_id')
    .where('user_id', '=', userId)
    .where('post_id', '=', sql<string>`any(${postIds.filter(isUuid)}::uuid[])`)
    .execute();
  return new Map(rows.map(({ post_id }) => [post_id, true]));
}

/** The same page of each post's likes, newest first, in one statement; one row more than the page for each. */
export async function listLikesByPosts(
  db: Kysely<Tables>,
  postIds: readonly string[],
  page: PageRequest,
): Promise<Like[]> {
  const { rows } = await sql<{ id: string; post_id: string; user_id: string; created_at: Date }>`
    select page.id, page.post_id, page.user_id, page.created_at
    from unnest(${postIds.filter(isUuid)}::uuid[]) as post (id)
    cross join lateral (
      select id, post_id, user_id, created_at
      from likes
      where post_id = post.id and (${page.afterId}::uuid is null or id < ${page.afterId}::uuid)
      order by id desc
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map((row) => ({ id: row.id, postId: row.post_id, userId: row.user_id, likedAt: row.created_at }));
}

/** A page of a user's likes, the newest post first; one row more than the page. */
export async function listLikesOf(db: Kysely<Tables>, userId: string, page: PageRequest): Promise<OwnLike[]> {
  const rows = await db
    .selectFrom('likes')
    .select(['post_id', 'created_at'])
    .where('user_id', '=', userId)
    .$if(page.afterId !== null, (query) => query.where('post_id', '<', page.afterId))
    .orderBy('post_id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map((row) => ({ id: row.post_id, likedAt: row.created_at }));
}

/** Deletes some of a user's likes, in the order of their posts; the ids of these. */
export async function deleteSomeLikesOfUser(db: Kysely<Tables>, userId: string, limit: number): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    delete from likes where user_id = ${userId} and post_id in (
      select post_id from likes where user_id = ${userId} order by post_id limit ${limit}
    ) returning post_id`.execute(db);
  return rows.map(({ post_id }) => post_id);
}

/** Deletes some likes of a post; how many. */
export async function deleteSomeLikesOfPost(db: Kysely<Tables>, postId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from likes where id in (select id from likes where post_id = ${postId} limit ${limit})`.execute(db);
  return Number(numAffectedRows);
}

export async function deleteCount(db: Kysely<Tables>, postId: string): Promise<void> {
  await db.deleteFrom('post_likes').where('post_id', '=', postId).execute();
}

/** Some posts of an author that were ever liked. */
export async function listLikedPosts(db: Kysely<Tables>, authorId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('post_likes')
    .select('post_id')
    .where('author_id', '=', authorId)
    .orderBy('post_id')
    .limit(limit)
    .execute();
  return rows.map(({ post_id }) => post_id);
}
