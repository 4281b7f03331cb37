import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendCommentDeleted } from './comment-events.ts';
import { lockComment, raiseReplies } from './comment-repository.ts';
import {
  listCommentsOfAuthor,
  markCommentsOfPostsDeleted,
  overwriteComment,
  overwriteDeletedComments,
} from './erasure-repository.ts';

/** How much of a person is erased in one transaction. */
const maxComments = 100;
const maxRows = 1_000;

type Erasure = {
  readonly userId: string;
  readonly origin: EventOrigin;
  /** Locks the posts in the order of their ids, as whoever locks several does. */
  readonly lockPosts: (tx: Transaction<Tables>, postIds: readonly string[]) => Promise<void>;
};

/** Erases some of the comments that a person has. Returns whether there may be more. */
export async function eraseComments(tx: Transaction<Tables>, erasure: Erasure): Promise<boolean> {
  const { userId, origin, lockPosts } = erasure;
  const found = await listCommentsOfAuthor(tx, userId, maxComments);
  await lockPosts(tx, [...new Set(found.map(({ postId }) => postId))]);
  for (const { id } of found) {
    // What it answers may be another now: one of those before it.
    const comment = await lockComment(tx, id);
    if (!comment) continue;
    await raiseReplies(tx, comment);
    await overwriteComment(tx, id, userId);
    await appendCommentDeleted(tx, { comment, deletedBy: userId, origin });
  }
  return found.length === maxComments;
}

/** Erases some of what was deleted before. Returns whether there may be more. */
export async function eraseDeletedComments(tx: Transaction<Tables>, { userId }: Erasure): Promise<boolean> {
  return (await overwriteDeletedComments(tx, userId, maxRows)) === maxRows;
}

/** What erasing posts does to the comments under them, at most `limit` at a time. Returns how many it was. */
export function deleteCommentsOfPosts(
  tx: Transaction<Tables>,
  postIds: readonly string[],
  deletion: { readonly deletedBy: string; readonly limit: number },
): Promise<number> {
  return markCommentsOfPostsDeleted(tx, postIds, deletion);
}
