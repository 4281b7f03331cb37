import { type Kysely, sql } from 'kysely';
import { erasedText } from '../db/erased.ts';
import type { Tables } from '../db/tables.ts';

/** Comments of an author that are not deleted, in the order of their ids. */
export async function listCommentsOfAuthor(
  db: Kysely<Tables>,
  authorId: string,
  limit: number,
): Promise<Array<{ id: string; postId: string }>> {
  return db
    .selectFrom('active_comments')
    .select(['id', 'post_id as postId'])
    .where('author_id', '=', authorId)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Overwrites a comment and deletes it. */
export async function overwriteComment(db: Kysely<Tables>, id: string, deletedBy: string): Promise<void> {
  await db
    .updateTable('comments')
    .set({ body: erasedText, deleted_at: sql`now()`, deleted_by: deletedBy })
    .where('id', '=', id)
    .execute();
}

/** Overwrites at most `limit` comments of an author that were deleted with their text; returns how many. */
export async function overwriteDeletedComments(db: Kysely<Tables>, authorId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update comments set body = ${erasedText} where id in (
      select id from comments
      where author_id = ${authorId} and deleted_at is not null and body <> ${sql.lit(erasedText)}
      limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Deletes at most `limit` comments under the posts; returns how many. */
export async function markCommentsOfPostsDeleted(
  db: Kysely<Tables>,
  postIds: readonly string[],
  { deletedBy, limit }: { readonly deletedBy: string; readonly limit: number },
): Promise<number> {
  const { numAffectedRows } = await sql`
    update comments set deleted_at = now(), deleted_by = ${deletedBy} where id in (
      select id from comments where post_id = any(${postIds}::uuid[]) and deleted_at is null limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}
