import type { PageRequest } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/**
 * The posts of those whom a user follows, newest first: what was written to the timeline, and what has to be merged. One row
 * more than the page. Either part gives a page of its own, since it may have all of it.
 */
export async function listFeed(db: Kysely<Tables>, userId: string, page: PageRequest): Promise<{ id: string }[]> {
  const limit = page.first + 1;
  const { rows } = await sql<{ id: string }>`
    select id from (
      (
        select entry.post_id as id
        from timeline_entries as entry
        where entry.owner_id = ${userId} and (${page.afterId}::uuid is null or entry.post_id < ${page.afterId}::uuid)
          and exists (select from follows where follower_id = ${userId} and followee_id = entry.author_id)
        order by entry.post_id desc
        limit ${limit}
      ) union (
        select merged.post_id
        from follows
        cross join lateral (
          select post_id
          from author_posts
          where author_id = follows.followee_id and not pushed
            and (${page.afterId}::uuid is null or post_id < ${page.afterId}::uuid)
          order by post_id desc
          limit ${limit}
        ) as merged
        where follows.follower_id = ${userId}
        order by merged.post_id desc
        limit ${limit}
      )
    ) as feed
    order by id desc
    limit ${limit}`.execute(db);
  return rows;
}
