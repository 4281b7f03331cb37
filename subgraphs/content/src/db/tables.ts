import type { Generated } from 'kysely';

/** Soft deletion: both set or both null. */
type Deletable = {
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
};

export type PostsTable = Deletable & {
  id: Generated<string>;
  author_id: string;
  body: string;
  visibility: Generated<'PUBLIC' | 'FOLLOWERS'>;
  created_at: Generated<Date>;
  edited_at: Generated<Date | null>;
};

export type PostEditsTable = {
  id: Generated<string>;
  post_id: string;
  /** What the post said until then. */
  body: string;
  created_at: Generated<Date>;
};

export type CommentsTable = Deletable & {
  id: Generated<string>;
  post_id: string;
  /** The comment that it answers. */
  parent_id: Generated<string | null>;
  author_id: string;
  body: string;
  created_at: Generated<Date>;
};

/** The `active_` views hold what is not deleted. */
export type Tables = {
  posts: PostsTable;
  comments: CommentsTable;
  post_edits: PostEditsTable;
  post_hashtags: { post_id: string; hashtag: string };
  post_mentions: { post_id: string; user_id: string };
  post_media: { post_id: string; position: number; media_id: string };
  active_posts: PostsTable;
  active_comments: CommentsTable;
};
