import type { Generated } from 'kysely';

export type UserDocumentsTable = {
  /** The user's. */
  id: string;
  username: string;
  display_name: string;
  bio: string;
  /** `plainForm` of the username. */
  username_plain: string;
  /** `plainText` of the display name. */
  name_plain: string;
  /** A tsvector: `textSearchVector`. */
  words: string;
};

export type PostDocumentsTable = {
  /** The post's. */
  id: string;
  author_id: string;
  body: string;
  created_at: Date;
  /** `plainText` of the body. */
  body_plain: string;
  /** A tsvector: `textSearchVector`. */
  words: string;
};

export type ErasedUsersTable = {
  /** SHA-256 of the id: what comes late about this person is known again, and the person is not named. */
  digest: Buffer;
  erased_at: Generated<Date>;
};

/** The rebuild under way or, when its process died, the last one: at most one row. */
export type ReindexesTable = { id: string; started_at: Generated<Date> };

/** What was written while an index is built beside: its rows are taken over from the serving one. */
export type ReindexChangesTable = { kind: DocumentKind; id: string };

export type DocumentKind = 'user' | 'post';

/** All of it is derived from what others own, and made anew from there: nothing is soft-deleted. */
export type Tables = {
  user_documents: UserDocumentsTable;
  post_documents: PostDocumentsTable;
  erased_users: ErasedUsersTable;
  reindexes: ReindexesTable;
  reindex_changes: ReindexChangesTable;
};
