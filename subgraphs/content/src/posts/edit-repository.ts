import type { PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { PostEditsTable, Tables } from '../db/tables.ts';
import type { PostEdit } from './post.ts';

export async function insertEdit(db: Kysely<Tables>, edit: { postId: string; body: string }): Promise<void> {
  await db.insertInto('post_edits').values({ post_id: edit.postId, body: edit.body }).execute();
}

/** The same page of each post's earlier bodies, the latest first, in one statement; one row more than the page for each. */
export async function listEditsByPosts(
  db: Kysely<Tables>,
  postIds: readonly string[],
  page: PageRequest,
): Promise<PostEdit[]> {
  const { rows } = await sql<Selectable<PostEditsTable>>`
    select page.*
    from unnest(${postIds}::uuid[]) as post (id)
    cross join lateral (
      select id, post_id, body, created_at
      from post_edits
      where post_id = post.id and (${page.afterId}::uuid is null or id < ${page.afterId}::uuid)
      order by id desc
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map((row) => ({ id: row.id, postId: row.post_id, body: row.body, replacedAt: row.created_at }));
}
