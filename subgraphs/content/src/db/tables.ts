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
  created_at: Generated<Date>;
};

export type CommentsTable = Deletable & {
  id: Generated<string>;
  post_id: string;
  author_id: string;
  body: string;
  created_at: Generated<Date>;
};

/** The `active_` views hold what is not deleted. */
export type Tables = {
  posts: PostsTable;
  comments: CommentsTable;
  active_posts: PostsTable;
  active_comments: CommentsTable;
};
