import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Erasure } from '../erasures/erase.ts';
import { endLikes } from './like-commands.ts';
import { deleteCount, deleteSomeLikesOfPost, deleteSomeLikesOfUser, listLikedPosts } from './like-repository.ts';

const batchSize = 500;

/** A post is gone, and with it who liked it. Likes before their count, as commands take them. */
export async function forgetPost(tx: Transaction<Tables>, postId: string): Promise<void> {
  while ((await deleteSomeLikesOfPost(tx, postId, batchSize)) === batchSize);
  await deleteCount(tx, postId);
}

/** Deletes the likes of a user, who is locked, and those of the user's posts. */
export async function eraseLikes(tx: Transaction<Tables>, userId: string, erasure: Erasure): Promise<void> {
  for (let more = true; more; ) {
    const postIds = await listLikedPosts(tx, userId, batchSize);
    for (const postId of postIds) await forgetPost(tx, postId);
    erasure.recounted(postIds);
    more = postIds.length === batchSize;
  }
  for (let more = true; more; ) {
    const postIds = await deleteSomeLikesOfUser(tx, userId, batchSize);
    await endLikes(tx, { userId, postIds }, erasure);
    erasure.recounted(postIds);
    more = postIds.length === batchSize;
  }
}
