import type { Generated } from 'kysely';

/** Soft deletion: both set or both null. */
type Deletable = {
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
};

export type ConversationsTable = Deletable & {
  id: Generated<string>;
  /** The two of a conversation of two, in order; null for a group. */
  low_user_id: string | null;
  high_user_id: string | null;
  /** The id of the last message, or one from when it began: the order of these is that of the last activity. */
  activity_id: Generated<string>;
  created_at: Generated<Date>;
};

export type ParticipantsTable = Deletable & {
  id: Generated<string>;
  conversation_id: string;
  /** Null once the person was erased. */
  user_id: string | null;
  joined_at: Generated<Date>;
  last_read_message_id: Generated<string | null>;
};

export type MessagesTable = Deletable & {
  id: Generated<string>;
  conversation_id: string;
  /** Null once the person was erased, as all that came from the client. */
  sender_id: string | null;
  client_message_id: string | null;
  payload: Buffer | null;
  /** Tells whether a repeat says the same. */
  content_hash: Buffer | null;
  created_at: Generated<Date>;
};

export type MessageCiphertextsTable = {
  message_id: string;
  recipient_id: string;
  device_id: number;
  ciphertext: Buffer;
};

export type PrekeyDevicesTable = {
  user_id: string;
  device_id: number;
  registration_id: number;
  identity_key: Buffer;
  signed_prekey_id: number;
  signed_prekey: Buffer;
  signed_prekey_signature: Buffer;
  updated_at: Generated<Date>;
};

export type OneTimePrekeysTable = {
  user_id: string;
  device_id: number;
  key_id: number;
  public_key: Buffer;
  claimed_at: Generated<Date | null>;
};

export type NotificationsTable = {
  id: string;
  user_id: string;
  kind: string;
  post_id: string | null;
  comment_id: string | null;
  conversation_id: string | null;
  /** Likes or messages that it stands for. */
  occurrences: Generated<number>;
  /** The order of these is that of the last time something was added. */
  activity_id: Generated<string>;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
  read_at: Generated<Date | null>;
};

export type NotificationActorsTable = {
  notification_id: string;
  actor_id: string;
  activity_id: Generated<string>;
};

/** Posts and comments that are gone: late events must not tell of them. */
export type DeletedSubjectsTable = {
  subject_id: string;
  /** When no notification about it was left. */
  drained_at: Generated<Date | null>;
};

export type NotificationPreferencesTable = { user_id: string; kind: string; in_app: boolean; push: boolean };

export type PushDevicesTable = {
  id: Generated<string>;
  user_id: string;
  platform: string;
  token: string;
  registered_at: Generated<Date>;
};

export type PushJobsTable = {
  id: Generated<string>;
  device_id: string;
  kind: string;
  notification_id: string;
  post_id: string | null;
  comment_id: string | null;
  conversation_id: string | null;
  /** Of the worker that holds the job, too: it may end only what nobody took after it. */
  attempts: Generated<number>;
  /** When the next worker may take it: a worker puts this off for as long as it holds the job. */
  due_at: Generated<Date>;
};

/** The `active_` views hold what is not deleted. */
export type Tables = {
  conversations: ConversationsTable;
  active_conversations: ConversationsTable;
  participants: ParticipantsTable;
  active_participants: ParticipantsTable;
  messages: MessagesTable;
  active_messages: MessagesTable;
  message_ciphertexts: MessageCiphertextsTable;
  prekey_devices: PrekeyDevicesTable;
  one_time_prekeys: OneTimePrekeysTable;
  notifications: NotificationsTable;
  notification_actors: NotificationActorsTable;
  deleted_subjects: DeletedSubjectsTable;
  notification_preferences: NotificationPreferencesTable;
  push_devices: PushDevicesTable;
  push_jobs: PushJobsTable;
  /** As social tells of them. */
  blocks: { blocker_id: string; blocked_id: string };
  /** Late events must not bring back what erasure took away. */
  erased_users: { user_id: string; erased_at: Generated<Date> };
};
