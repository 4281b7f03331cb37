/** A post as feeds know it. */
export type TimelinePost = { readonly postId: string; readonly authorId: string };

export type FeedLimits = {
  /** Authors with more followers are merged when a feed is read. */
  readonly pushMaxFollowers: number;
  /** So many of the newest posts are kept for each timeline and each author. */
  readonly length: number;
};

/**
 * Whether the timelines that a post is written to are trimmed: looking for the end of one costs more than an entry, so one
 * post in sixteen does it for all. Ids are random at their end.
 */
export function trimsTimelines(postId: string): boolean {
  return postId.endsWith('0');
}
