import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { CommentsTable, Tables } from '../db/tables.ts';
import { type Comment, type CommentOnPost, maxDepth } from './comment.ts';

type Row = Pick<Selectable<CommentsTable>, (typeof columns)[number]>;

const columns = ['id', 'post_id', 'parent_id', 'author_id', 'body', 'created_at'] as const;

export async function findComments(db: Kysely<Tables>, ids: readonly string[]): Promise<CommentOnPost[]> {
  const rows = await db
    .selectFrom('active_comments as comment')
    .innerJoin('active_posts as post', 'post.id', 'comment.post_id')
    .select([
      'comment.id',
      'comment.post_id',
      'comment.parent_id',
      'comment.author_id',
      'comment.body',
      'comment.created_at',
      'post.author_id as post_author_id',
      'post.visibility as post_visibility',
    ])
    .where('comment.id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map((row) => ({
    ...toComment(row),
    postAuthorId: row.post_author_id,
    postVisibility: row.post_visibility,
  }));
}

/** Where the comments on a post, or the replies to a comment, go on. */
type Place = { readonly ownerId: string; readonly afterId: string | null };

/** The next comments on each post itself, oldest first, in one statement; at most `limit` for each. */
export function listCommentsByPosts(db: Kysely<Tables>, places: readonly Place[], limit: number): Promise<Comment[]> {
  return listBy(db, places, { owned: sql`post_id = owner.id and parent_id is null`, limit });
}

/** The same of the replies to each comment. */
export function listRepliesByComments(db: Kysely<Tables>, places: readonly Place[], limit: number): Promise<Comment[]> {
  return listBy(db, places, { owned: sql`parent_id = owner.id`, limit });
}

async function listBy(
  db: Kysely<Tables>,
  places: readonly Place[],
  { owned, limit }: { readonly owned: ReturnType<typeof sql>; readonly limit: number },
): Promise<Comment[]> {
  const owners = places.map(({ ownerId }) => ownerId);
  const after = places.map(({ afterId }) => afterId);
  const { rows } = await sql<Row>`
    select page.*
    from unnest(${owners}::uuid[], ${after}::uuid[]) as owner (id, after_id)
    cross join lateral (
      select ${sql.join(columns.map((column) => sql.ref(column)))}
      from active_comments
      where ${owned} and (owner.after_id is null or active_comments.id > owner.after_id)
      order by active_comments.id
      limit ${limit}
    ) as page
    order by page.id`.execute(db);
  return rows.map(toComment);
}

/** A page of what somebody wrote, newest first; one row more than the page. */
export async function listCommentsOf(db: Kysely<Tables>, authorId: string, page: PageRequest): Promise<Comment[]> {
  const rows = await db
    .selectFrom('active_comments')
    .select(columns)
    .where('author_id', '=', authorId)
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toComment);
}

/** How many comments each post has, replies included; a post without comments is not in the map. */
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

/** How many comments answer each comment directly; one without any is not in the map. */
export async function countRepliesByComments(db: Kysely<Tables>, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('active_comments')
    .select([sql<string>`parent_id`.as('parent_id'), sql<number>`count(*)::int`.as('replies')])
    .where('parent_id', '=', sql<string>`any(${ids}::uuid[])`)
    .groupBy('parent_id')
    .execute();
  return new Map(rows.map((row) => [row.parent_id, row.replies]));
}

export async function insertComment(
  db: Kysely<Tables>,
  { postId, parentId, authorId, body }: Pick<Comment, 'postId' | 'parentId' | 'authorId' | 'body'>,
): Promise<Comment> {
  const row = await db
    .insertInto('comments')
    .values({ post_id: postId, parent_id: parentId, author_id: authorId, body })
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

/** How deep an active comment is, 1 for one on the post itself, and who wrote it. */
export async function findParent(
  db: Kysely<Tables>,
  { id, postId }: { readonly id: string; readonly postId: string },
): Promise<{ authorId: string; depth: number } | undefined> {
  const { rows } = await sql<{ author_id: string; depth: number }>`
    with recursive upward as (
      select id, parent_id, author_id, 1 as level
      from active_comments where id = ${id} and post_id = ${postId}
      union all
      select above.id, above.parent_id, above.author_id, upward.level + 1
      from upward join active_comments as above on above.id = upward.parent_id
      where upward.level < ${maxDepth}::int
    )
    select (select author_id from upward where level = 1) as author_id, max(level) as depth
    from upward having count(*) > 0`.execute(db);
  const [row] = rows;
  return row && { authorId: row.author_id, depth: row.depth };
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

/** Lets the replies to a comment answer what it answered itself. */
export async function raiseReplies(db: Kysely<Tables>, { id, parentId }: Comment): Promise<void> {
  await db
    .updateTable('comments')
    .set({ parent_id: parentId })
    .where('parent_id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
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
    parentId: row.parent_id,
    authorId: row.author_id,
    body: row.body,
    createdAt: row.created_at,
  };
}
