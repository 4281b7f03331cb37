import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { TimelinePost } from './timeline.ts';

/** What a follower's timeline is made of. */
type Subscription = { readonly ownerId: string; readonly authorId: string };

/** Lets one transaction at a time change what feeds show of an author, so that a post and a new follower never miss each other. */
export async function lockAuthor(db: Kysely<Tables>, authorId: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended(current_schema() || ':author:' || ${authorId}::text, 0))`.execute(db);
}

export async function countFollowers(db: Kysely<Tables>, authorId: string): Promise<number> {
  const row = await db.selectFrom('members').select('followers').where('user_id', '=', authorId).executeTakeFirst();
  return row?.followers ?? 0;
}

export async function isFollowing(db: Kysely<Tables>, { ownerId, authorId }: Subscription): Promise<boolean> {
  const row = await db
    .selectFrom('follows')
    .select('id')
    .where('follower_id', '=', ownerId)
    .where('followee_id', '=', authorId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Keeps a post of an author, who has at most `length` of them. */
export async function insertAuthorPost(
  db: Kysely<Tables>,
  { postId, authorId }: TimelinePost,
  { pushed, length }: { pushed: boolean; length: number },
): Promise<void> {
  await db
    .insertInto('author_posts')
    .values({ author_id: authorId, post_id: postId, pushed })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await sql`
    delete from author_posts where author_id = ${authorId} and post_id <= (
      select post_id from author_posts where author_id = ${authorId} order by post_id desc offset ${length} limit 1
    )`.execute(db);
}

/** Has all posts of an author merged from now on. Timelines that have them already show them once. */
export async function mergeAuthorPosts(db: Kysely<Tables>, authorId: string): Promise<void> {
  await db
    .updateTable('author_posts')
    .set({ pushed: false })
    .where('author_id', '=', authorId)
    .where('pushed', '=', true)
    .execute();
}

export async function deleteAuthorPost(db: Kysely<Tables>, { postId, authorId }: TimelinePost): Promise<void> {
  await db.deleteFrom('author_posts').where('author_id', '=', authorId).where('post_id', '=', postId).execute();
}

/** Writes a post to the timelines of the next `limit` followers, oldest follow first; these follows. */
export async function pushToFollowers(
  db: Kysely<Tables>,
  { postId, authorId }: TimelinePost,
  page: { afterId: string; limit: number },
): Promise<{ id: string; ownerId: string }[]> {
  const { rows } = await sql<{ id: string; ownerId: string }>`
    with next as (
      select id, follower_id from follows where followee_id = ${authorId} and id > ${page.afterId}
      order by id limit ${page.limit}
    ), written as (
      insert into timeline_entries (owner_id, post_id, author_id)
      select follower_id, ${postId}, ${authorId} from next
      on conflict do nothing
    )
    select id, follower_id as "ownerId" from next order by id`.execute(db);
  return rows;
}

/** Writes the pushed posts of an author to the timeline of one follower. */
export async function pushAuthorPosts(db: Kysely<Tables>, { ownerId, authorId }: Subscription): Promise<void> {
  await sql`
    insert into timeline_entries (owner_id, post_id, author_id)
    select ${ownerId}, post_id, author_id from author_posts where author_id = ${authorId} and pushed
    on conflict do nothing`.execute(db);
}

export async function deleteAuthorFromTimeline(db: Kysely<Tables>, { ownerId, authorId }: Subscription): Promise<void> {
  await db.deleteFrom('timeline_entries').where('owner_id', '=', ownerId).where('author_id', '=', authorId).execute();
}

/**
 * Deletes what is older than the newest `length` entries of each timeline, at most `limit` entries. What another transaction
 * is about to delete is left to it: two that trim the same timelines never wait for each other.
 */
export async function trimTimelines(
  db: Kysely<Tables>,
  ownerIds: readonly string[],
  { length, limit }: { length: number; limit: number },
): Promise<void> {
  await sql`
    delete from timeline_entries where (owner_id, post_id) in (
      select entry.owner_id, entry.post_id
      from unnest(${ownerIds}::uuid[]) as owner (id)
      cross join lateral (
        select post_id from timeline_entries where owner_id = owner.id order by post_id desc offset ${length} limit 1
      ) as surplus
      join timeline_entries as entry on entry.owner_id = owner.id and entry.post_id <= surplus.post_id
      limit ${limit}
      for update of entry skip locked
    )`.execute(db);
}

/** Deletes some entries of a post; how many. */
export async function deleteSomeOfPost(db: Kysely<Tables>, post: TimelinePost, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from timeline_entries where (owner_id, post_id) in (
      select owner_id, post_id from timeline_entries
      where author_id = ${post.authorId} and post_id = ${post.postId} limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Deletes some of what a user wrote or would read; how many. */
export async function deleteSomeOfUser(db: Kysely<Tables>, userId: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from timeline_entries where (owner_id, post_id) in (
      (select owner_id, post_id from timeline_entries where owner_id = ${userId} limit ${limit})
      union
      (select owner_id, post_id from timeline_entries where author_id = ${userId} limit ${limit})
    )`.execute(db);
  return Number(numAffectedRows);
}

export async function deletePostsOfAuthor(db: Kysely<Tables>, authorId: string): Promise<void> {
  await db.deleteFrom('author_posts').where('author_id', '=', authorId).execute();
}
