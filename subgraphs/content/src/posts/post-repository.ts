import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { PostsTable, Tables } from '../db/tables.ts';
import type { Post } from './post.ts';

type Row = Pick<Selectable<PostsTable>, 'id' | 'author_id' | 'body' | 'created_at'>;

const columns = ['id', 'author_id', 'body', 'created_at'] as const;

export async function findPosts(db: Kysely<Tables>, ids: readonly string[]): Promise<Post[]> {
  const rows = await db
    .selectFrom('active_posts')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toPost);
}

/** Newest first; one row more than the page, to know whether there is a next one. */
export async function listPosts(db: Kysely<Tables>, page: PageRequest): Promise<Post[]> {
  const rows = await db
    .selectFrom('active_posts')
    .select(columns)
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toPost);
}

/** The same page of each author's posts, newest first, in one statement; one row more than the page for each. */
export async function listPostsByAuthors(
  db: Kysely<Tables>,
  authorIds: readonly string[],
  page: PageRequest,
): Promise<Post[]> {
  const { rows } = await sql<Row>`
    select page.id, page.author_id, page.body, page.created_at
    from unnest(${authorIds}::uuid[]) as author (id)
    cross join lateral (
      select id, author_id, body, created_at
      from active_posts
      where author_id = author.id and (${page.afterId}::uuid is null or id < ${page.afterId}::uuid)
      order by id desc
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map(toPost);
}

export async function insertPost(db: Kysely<Tables>, post: { authorId: string; body: string }): Promise<Post> {
  const row = await db
    .insertInto('posts')
    .values({ author_id: post.authorId, body: post.body })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toPost(row);
}

/** Locks the post until the transaction ends, so that comments and deletion of one post happen one after the other. */
export async function lockPost(db: Kysely<Tables>, id: string): Promise<Post | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db
    .selectFrom('posts')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row && toPost(row);
}

export async function markPostDeleted(db: Kysely<Tables>, id: string, deletedBy: string): Promise<void> {
  await db.updateTable('posts').set({ deleted_at: sql`now()`, deleted_by: deletedBy }).where('id', '=', id).execute();
}

function toPost(row: Row): Post {
  return { id: row.id, authorId: row.author_id, body: row.body, createdAt: row.created_at };
}
