import { type Kysely, sql } from 'kysely';
import { erasedText } from '../db/erased.ts';
import type { Tables } from '../db/tables.ts';

/** Locks posts of an author that are not deleted, in the order of their ids. */
export async function lockPostsOfAuthor(db: Kysely<Tables>, authorId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('posts')
    .select('id')
    .where('author_id', '=', authorId)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

/** Locks posts of an author that were deleted with their text. */
export async function lockDeletedPostsOfAuthor(db: Kysely<Tables>, authorId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('posts')
    .select('id')
    .where('author_id', '=', authorId)
    .where('deleted_at', 'is not', null)
    .where('body', '<>', sql.lit(erasedText))
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .execute();
  return rows.map(({ id }) => id);
}

/** Overwrites the posts and deletes them, unless they are deleted already. */
export async function overwritePosts(db: Kysely<Tables>, ids: readonly string[], deletedBy: string): Promise<void> {
  await db
    .updateTable('posts')
    .set({
      body: erasedText,
      deleted_at: sql`coalesce(deleted_at, now())`,
      deleted_by: sql`coalesce(deleted_by, ${deletedBy}::uuid)`,
    })
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
}

/** Deletes at most `limit` earlier bodies of the posts; returns how many. */
export async function deleteEdits(db: Kysely<Tables>, postIds: readonly string[], limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from post_edits where id in (
      select id from post_edits where post_id = any(${postIds}::uuid[]) limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Deletes all that the posts point to: at most 50 rows of each. */
export async function deleteLinksOfPosts(db: Kysely<Tables>, postIds: readonly string[]): Promise<void> {
  const these = sql<string>`any(${postIds}::uuid[])`;
  await db.deleteFrom('post_hashtags').where('post_id', '=', these).execute();
  await db.deleteFrom('post_mentions').where('post_id', '=', these).execute();
  await db.deleteFrom('post_media').where('post_id', '=', these).execute();
}

/** Deletes at most `limit` mentions of a user; returns how many. */
export async function deleteMentionsOf(db: Kysely<Tables>, userId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from post_mentions where (post_id, user_id) in (
      select post_id, user_id from post_mentions where user_id = ${userId} limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Locks posts, deleted ones too, in the order of their ids. */
export async function lockPosts(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await db
    .selectFrom('posts')
    .select('id')
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .orderBy('id')
    .forUpdate()
    .execute();
}
