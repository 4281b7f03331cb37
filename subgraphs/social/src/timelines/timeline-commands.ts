import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type FeedLimits, type TimelinePost, trimsTimelines } from './timeline.ts';
import {
  countFollowers,
  deleteAuthorFromTimeline,
  deleteAuthorPost,
  deletePostsOfAuthor,
  deleteSomeOfPost,
  deleteSomeOfUser,
  insertAuthorPost,
  isFollowing,
  lockAuthor,
  mergeAuthorPosts,
  pushAuthorPosts,
  pushToFollowers,
  trimTimelines,
} from './timeline-repository.ts';

const batchSize = 1_000;
/** On average sixteen entries came to each timeline since it was trimmed last. */
const maxTrimmed = 64 * batchSize;
const beforeAll = '00000000-0000-0000-0000-000000000000';

/** What events do to feeds, each in the transaction of its event. */
export type TimelineCommands = {
  /** A new post reaches the timelines of its author's followers, or is kept for merging when these are too many. */
  addPost(tx: Transaction<Tables>, post: TimelinePost): Promise<void>;
  removePost(tx: Transaction<Tables>, post: TimelinePost): Promise<void>;
  /** Makes a timeline hold the author's posts, or none of them, as the owner follows the author now or not. */
  settle(tx: Transaction<Tables>, subscription: { ownerId: string; authorId: string }): Promise<void>;
  /** Deletes a user's timeline, posts, and what of these is in others' timelines. */
  erase(tx: Transaction<Tables>, userId: string): Promise<void>;
};

export function createTimelineCommands({ pushMaxFollowers, length }: FeedLimits): TimelineCommands {
  return {
    async addPost(tx, post) {
      await lockAuthor(tx, post.authorId);
      const pushed = (await countFollowers(tx, post.authorId)) <= pushMaxFollowers;
      await insertAuthorPost(tx, post, { pushed, length });
      if (pushed) await push(tx, post, length);
    },
    async removePost(tx, post) {
      await lockAuthor(tx, post.authorId);
      await deleteAuthorPost(tx, post);
      while ((await deleteSomeOfPost(tx, post, batchSize)) === batchSize);
    },
    async settle(tx, subscription) {
      const { ownerId, authorId } = subscription;
      await lockAuthor(tx, authorId);
      if (!(await isFollowing(tx, subscription))) return deleteAuthorFromTimeline(tx, subscription);
      // Whose posts are not pushed to many has older ones that were: from now on no new follower needs a copy of them.
      if ((await countFollowers(tx, authorId)) > pushMaxFollowers) return mergeAuthorPosts(tx, authorId);
      await pushAuthorPosts(tx, subscription);
      await trimTimelines(tx, [ownerId], { length, limit: maxTrimmed });
    },
    async erase(tx, userId) {
      await lockAuthor(tx, userId);
      await deletePostsOfAuthor(tx, userId);
      while ((await deleteSomeOfUser(tx, userId, batchSize)) > 0);
    },
  };
}

async function push(tx: Transaction<Tables>, post: TimelinePost, length: number): Promise<void> {
  for (let afterId = beforeAll; ; ) {
    const follows = await pushToFollowers(tx, post, { afterId, limit: batchSize });
    const ownerIds = follows.map(({ ownerId }) => ownerId);
    if (trimsTimelines(post.postId)) await trimTimelines(tx, ownerIds, { length, limit: maxTrimmed });
    const last = follows.at(-1);
    if (last === undefined || follows.length < batchSize) return;
    afterId = last.id;
  }
}
