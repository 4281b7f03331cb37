import { isUuid } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { PostsTable, Tables } from '../db/tables.ts';
import type { Post } from './post.ts';

type Row = Pick<Selectable<PostsTable>, (typeof columns)[number]>;

const columns = ['id', 'author_id', 'body', 'visibility', 'created_at', 'edited_at'] as const;

export async function findPosts(db: Kysely<Tables>, ids: readonly string[]): Promise<Post[]> {
  const rows = await db
    .selectFrom('active_posts')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toPost);
}

export type PostFilter = {
  /** Normalised. */
  readonly hashtag?: string | undefined;
  readonly publicOnly: boolean;
};

/** Newest first, at most `limit`. */
export async function listPosts(
  db: Kysely<Tables>,
  place: { readonly afterId: string | null; readonly limit: number },
  { hashtag, publicOnly }: PostFilter,
): Promise<Post[]> {
  const rows = await db
    .selectFrom('active_posts')
    .select(columns)
    .$if(place.afterId !== null, (query) => query.where('id', '<', place.afterId))
    .$if(publicOnly, (query) => query.where('visibility', '=', sql.lit('PUBLIC')))
    .$if(hashtag !== undefined, (query) =>
      query.where('id', 'in', (sub) =>
        sub
          .selectFrom('post_hashtags')
          .select('post_id')
          .where('hashtag', '=', hashtag as string),
      ),
    )
    .orderBy('id', 'desc')
    .limit(place.limit)
    .execute();
  return rows.map(toPost);
}

/** An author, and whether what only followers see is listed too. */
export type AuthorListing = { readonly authorId: string; readonly withFollowers: boolean };

/** The same page of each author's posts, newest first, in one statement; at most `limit` for each. */
export async function listPostsByAuthors(
  db: Kysely<Tables>,
  authors: readonly AuthorListing[],
  { afterId, limit }: { readonly afterId: string | null; readonly limit: number },
): Promise<Post[]> {
  const ids = authors.map(({ authorId }) => authorId);
  const withFollowers = authors.map((author) => author.withFollowers);
  const { rows } = await sql<Row>`
    select page.*
    from unnest(${ids}::uuid[], ${withFollowers}::boolean[]) as author (id, with_followers)
    cross join lateral (
      select ${sql.join(columns.map((column) => sql.ref(column)))}
      from active_posts
      where author_id = author.id and (${afterId}::uuid is null or id < ${afterId}::uuid)
        and (author.with_followers or visibility = 'PUBLIC')
      order by id desc
      limit ${limit}
    ) as page`.execute(db);
  return rows.map(toPost);
}

/** In the order of their ids, at most `limit`. */
export async function listPostsInOrder(
  db: Kysely<Tables>,
  { afterId, limit }: { readonly afterId: string | null; readonly limit: number },
): Promise<Post[]> {
  const rows = await db
    .selectFrom('active_posts')
    .select(columns)
    .$if(afterId !== null, (query) => query.where('id', '>', afterId))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toPost);
}

export async function insertPost(
  db: Kysely<Tables>,
  { authorId, body, visibility }: Pick<Post, 'authorId' | 'body' | 'visibility'>,
): Promise<Post> {
  const row = await db
    .insertInto('posts')
    .values({ author_id: authorId, body, visibility })
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

/** Gives a post another body. */
export async function rewritePost(db: Kysely<Tables>, id: string, body: string): Promise<Post> {
  const row = await db
    .updateTable('posts')
    .set({ body, edited_at: sql`now()` })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toPost(row);
}

function toPost(row: Row): Post {
  return {
    id: row.id,
    authorId: row.author_id,
    body: row.body,
    visibility: row.visibility,
    createdAt: row.created_at,
    editedAt: row.edited_at,
  };
}
