import type { Generated } from 'kysely';

export type ProfilesTable = {
  /** The account's id: identity makes it, both share it. */
  id: string;
  username: string;
  display_name: string;
  bio: string | null;
  location: string | null;
  joined_at: Date;
  updated_at: Generated<Date>;
  /** Soft deletion: both set or both null. */
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
};

/** Kept by the events of content; a user without a row has none. */
export type PostCountsTable = { user_id: string; posts: number };

/** The `active_` view holds what is not deleted. */
export type Tables = { profiles: ProfilesTable; active_profiles: ProfilesTable; post_counts: PostCountsTable };
