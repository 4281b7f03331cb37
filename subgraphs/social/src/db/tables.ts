import type { Generated } from 'kysely';

/** Somebody who acted or was acted on. The row is locked while relations of the person change, and counts them. */
export type MembersTable = { user_id: string; followers: Generated<number>; following: Generated<number> };

export type FollowsTable = {
  /** uuidv7, so that the newest follows come first by id. */
  id: Generated<string>;
  follower_id: string;
  followee_id: string;
  created_at: Generated<Date>;
};

export type BlocksTable = { blocker_id: string; blocked_id: string; created_at: Generated<Date> };

export type LikesTable = { id: Generated<string>; post_id: string; user_id: string; created_at: Generated<Date> };

/** How many like a post, and whose it is. */
export type PostLikesTable = { post_id: string; author_id: string; likes: number };

/** The newest posts of every author. */
export type AuthorPostsTable = {
  author_id: string;
  post_id: string;
  /** True: it was written to the timelines of the author's followers. False: it is merged when they read. */
  pushed: boolean;
};

/** What was written to somebody's timeline; it is shown as long as the owner follows the author. */
export type TimelineEntriesTable = { owner_id: string; post_id: string; author_id: string };

/** Links, counts and copies of what others own: nothing here is soft-deleted. */
export type Tables = {
  members: MembersTable;
  follows: FollowsTable;
  blocks: BlocksTable;
  likes: LikesTable;
  post_likes: PostLikesTable;
  author_posts: AuthorPostsTable;
  timeline_entries: TimelineEntriesTable;
};
