import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** What posts point to. */
export type PostLinks = {
  /** Normalised. */
  readonly hashtags: readonly string[];
  readonly mentionedUserIds: readonly string[];
};

/** Lists by the id of the post; a post without any is not in the map. */
type Lists = Map<string, string[]>;

export async function insertLinks(db: Kysely<Tables>, postId: string, links: PostLinks): Promise<void> {
  if (links.hashtags.length > 0)
    await sql`
      insert into post_hashtags (post_id, hashtag)
      select ${postId}, unnest(${links.hashtags}::text[])`.execute(db);
  if (links.mentionedUserIds.length > 0)
    await sql`
      insert into post_mentions (post_id, user_id)
      select ${postId}, unnest(${links.mentionedUserIds}::uuid[])`.execute(db);
}

export async function insertMedia(db: Kysely<Tables>, postId: string, mediaIds: readonly string[]): Promise<void> {
  if (mediaIds.length === 0) return;
  await db
    .insertInto('post_media')
    .values(mediaIds.map((media_id, position) => ({ post_id: postId, position, media_id })))
    .execute();
}

export async function deleteLinks(db: Kysely<Tables>, postId: string): Promise<void> {
  await deleteHashtags(db, postId);
  await db.deleteFrom('post_mentions').where('post_id', '=', postId).execute();
}

export async function deleteHashtags(db: Kysely<Tables>, postId: string): Promise<void> {
  await db.deleteFrom('post_hashtags').where('post_id', '=', postId).execute();
}

export async function hashtagsOfPosts(db: Kysely<Tables>, postIds: readonly string[]): Promise<Lists> {
  const rows = await db
    .selectFrom('post_hashtags')
    .select(['post_id', 'hashtag as item'])
    .where('post_id', '=', sql<string>`any(${postIds}::uuid[])`)
    .orderBy('hashtag')
    .execute();
  return listsOf(rows);
}

export async function mentionsOfPosts(db: Kysely<Tables>, postIds: readonly string[]): Promise<Lists> {
  const rows = await db
    .selectFrom('post_mentions')
    .select(['post_id', 'user_id as item'])
    .where('post_id', '=', sql<string>`any(${postIds}::uuid[])`)
    .orderBy('user_id')
    .execute();
  return listsOf(rows);
}

/** In the order in which the author put them. */
export async function mediaOfPosts(db: Kysely<Tables>, postIds: readonly string[]): Promise<Lists> {
  const rows = await db
    .selectFrom('post_media')
    .select(['post_id', 'media_id as item'])
    .where('post_id', '=', sql<string>`any(${postIds}::uuid[])`)
    .orderBy('position')
    .execute();
  return listsOf(rows);
}

function listsOf(rows: ReadonlyArray<{ readonly post_id: string; readonly item: string }>): Lists {
  const lists: Lists = new Map();
  for (const { post_id, item } of rows) lists.set(post_id, [...(lists.get(post_id) ?? []), item]);
  return lists;
}
