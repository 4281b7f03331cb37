import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  deleteEdits,
  deleteLinksOfPosts,
  deleteMentionsOf,
  lockDeletedPostsOfAuthor,
  lockPostsOfAuthor,
  overwritePosts,
} from './erasure-repository.ts';
import { mediaOfPosts } from './link-repository.ts';
import { appendPostDeleted } from './post-events.ts';

/** How much of a person is erased in one transaction. */
const maxPosts = 100;
const maxRows = 1_000;

type Erasure = {
  readonly userId: string;
  readonly origin: EventOrigin;
  /** Deletes at most so many comments under the posts and returns how many. */
  readonly deleteCommentsOfPosts: (
    tx: Transaction<Tables>,
    postIds: readonly string[],
    deletion: { readonly deletedBy: string; readonly limit: number },
  ) => Promise<number>;
  /** Of posts that could be read until now. */
  readonly erased: (postIds: readonly string[]) => void;
};

/** Erases some of the posts that a person has. Returns whether there may be more. */
export async function erasePosts(tx: Transaction<Tables>, erasure: Erasure): Promise<boolean> {
  const { userId, origin, deleteCommentsOfPosts, erased } = erasure;
  const ids = await lockPostsOfAuthor(tx, userId, maxPosts);
  if (ids.length === 0) return false;
  const comments = await deleteCommentsOfPosts(tx, ids, { deletedBy: userId, limit: maxRows });
  if (comments === maxRows) return true;
  const media = await mediaOfPosts(tx, ids);
  if (!(await overwrite(tx, ids, userId))) return true;
  erased(ids);
  for (const id of ids) {
    const post = { id, authorId: userId };
    await appendPostDeleted(tx, { post, mediaIds: media.get(id) ?? [], deletedBy: userId, origin });
  }
  return ids.length === maxPosts;
}

/** Erases some of what was deleted before. Returns whether there may be more. */
export async function eraseDeletedPosts(tx: Transaction<Tables>, { userId }: Erasure): Promise<boolean> {
  const ids = await lockDeletedPostsOfAuthor(tx, userId, maxPosts);
  if (ids.length === 0) return false;
  return !(await overwrite(tx, ids, userId)) || ids.length === maxPosts;
}

/** Deletes some of the mentions of a person in posts of others. Returns whether there may be more. */
export async function eraseMentions(tx: Transaction<Tables>, { userId }: Erasure): Promise<boolean> {
  return (await deleteMentionsOf(tx, userId, maxRows)) === maxRows;
}

/** False when there were too many edits for one transaction: then the posts stay for the next. */
async function overwrite(tx: Transaction<Tables>, ids: readonly string[], userId: string): Promise<boolean> {
  if ((await deleteEdits(tx, ids, maxRows)) === maxRows) return false;
  await deleteLinksOfPosts(tx, ids);
  await overwritePosts(tx, ids, userId);
  return true;
}
