import type { ColumnType, Generated } from 'kysely';
import type { ProfileVisibility } from '../profiles/profile.ts';

export type ProfilesTable = {
  /** The account's id: identity makes it, both share it. */
  id: string;
  username: string;
  display_name: string;
  bio: string | null;
  location: string | null;
  /** Of media. */
  avatar_id: Generated<string | null>;
  /** Who sees bio and location. */
  visibility: Generated<ProfileVisibility>;
  is_discoverable: Generated<boolean>;
  joined_at: Date;
  updated_at: Generated<Date>;
  /** Set when its person was erased: what is left is a face for references to it, which nothing changes any more. */
  erased_at: Generated<Date | null>;
  /** Soft deletion: both set or both null. */
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
};

/** Kept by the events of content; a user without a row has none. */
export type PostCountsTable = { user_id: string; posts: number };

/** Kept by the events of social; a user without a row has none. */
export type FollowCountsTable = { user_id: string; followers: number; following: number };

/** A bigint column: pg gives its text. */
type Bytes = ColumnType<string, bigint>;

/** `used_bytes` is the sum of the user's reservations; who never reserved has no row. */
export type QuotasTable = { user_id: string; used_bytes: Bytes };

export type QuotaReservationsTable = {
  user_id: string;
  reservation_id: string;
  bytes: Bytes;
  created_at: Generated<Date>;
};

/** Who never set anything has no row. */
export type SettingsTable = {
  user_id: string;
  language: string | null;
  time_zone: string | null;
  updated_at: Generated<Date>;
};

/** Ids only: it outlives the person's data. */
export type ErasuresTable = {
  id: Generated<string>;
  user_id: string;
  requested_at: Generated<Date>;
  completed_at: Date | null;
};

export type ErasureAnswersTable = { erasure_id: string; domain: string; erased_at: Date };

/** The `active_` view holds what is not deleted. */
export type Tables = {
  profiles: ProfilesTable;
  active_profiles: ProfilesTable;
  post_counts: PostCountsTable;
  follow_counts: FollowCountsTable;
  quotas: QuotasTable;
  quota_reservations: QuotaReservationsTable;
  settings: SettingsTable;
  erasures: ErasuresTable;
  erasure_answers: ErasureAnswersTable;
};
