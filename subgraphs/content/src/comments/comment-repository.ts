import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { CommentsTable, Tables } from '../db/tables.ts';
import type { Comment } from './comment.ts';

type Row = Pick<Selectable<CommentsTable>, 'id' | 'post_id' | 'author_id' | 'body' | 'created_at'>;

const columns = ['id', 'post_id', 'author_id', 'body', 'created_at'] as const;

export async function findComments(db: Kysely<Tables>, ids: readonly string[]): Promise<Comment[]> {
  const rows = await db
    .selectFrom('active_comments')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toComment);
}

/** The same page of each post's comments, oldest first, in one statement; one row more than the page for each. */
export async function listCommentsByPosts(
  db: Kysely<Tables>,
  postIds: readonly string[],
  page: PageRequest,
): Promise<Comment[]> {
  const { rows } = await sql<Row>`
    select page.id, page.post_id, page.author_id, page.body, page.created_at
    from unnest(${postIds}::uuid[]) as post (id)
    cross join lateral (
      select id, post_id, author_id, body, created_at
      from active_comments
      where post_id = post.id and (${page.afterId}::uuid is null or id > ${page.afterId}::uuid)
      order by id
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map(toComment);
}

/** How many comments each post has; a post without comments is not in the map. */
export async function countCommentsByPosts(
  db: Kysely<Tables>,
  postIds: readonly string[],
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('active_comments')
    .select(['post_id', sql<number>`count(*)::int`.as('comments')])
    .where('post_id', '=', sql<string>`any(${postIds}::uuid[])`)
    .groupBy('post_id')
    .execute();
  return new Map(rows.map((row) => [row.post_id, row.comments]));
}

export async function insertComment(
  db: Kysely<Tables>,
  comment: { postId: string; authorId: string; body: string },
): Promise<Comment> {
  const row = await db
    .insertInto('comments')
    .values({ post_id: comment.postId, author_id: comment.authorId, body: comment.body })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toComment(row);
}

/** The post that an active comment is under. */
export async function findPostOfComment(db: Kysely<Tables>, id: string): Promise<string | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db.selectFrom('active_comments').select('post_id').where('id', '=', id).executeTakeFirst();
  return row?.post_id;
}

/** Locks the comment until the transaction ends. */
export async function lockComment(db: Kysely<Tables>, id: string): Promise<Comment | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db
    .selectFrom('comments')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row && toComment(row);
}

export async function markCommentDeleted(db: Kysely<Tables>, id: string, deletedBy: string): Promise<void> {
  await db
    .updateTable('comments')
    .set({ deleted_at: sql`now()`, deleted_by: deletedBy })
    .where('id', '=', id)
    .execute();
}

export async function markCommentsOfPostDeleted(db: Kysely<Tables>, postId: string, deletedBy: string): Promise<void> {
  await db
    .updateTable('comments')
    .set({ deleted_at: sql`now()`, deleted_by: deletedBy })
    .where('post_id', '=', postId)
    .where('deleted_at', 'is', null)
    .execute();
}

function toComment(row: Row): Comment {
  return {
    id: row.id,
    postId: row.post_id,
    authorId: row.author_id,
    body: row.body,
    createdAt: row.created_at,
  };
}
