import { addSoftDeletion } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table conversations (
      id uuid primary key default uuidv7(),
      low_user_id uuid,
      high_user_id uuid,
      activity_id uuid not null default uuidv7(),
      created_at timestamptz not null default now(),
      unique (low_user_id, high_user_id),
      check (low_user_id < high_user_id),
      check ((low_user_id is null) = (high_user_id is null))
    )`.execute(db);
  await addSoftDeletion(db, 'conversations');
  await sql`create index conversations_high on conversations (high_user_id)`.execute(db);
  await sql`
    create table participants (
      id uuid primary key default uuidv7(),
      conversation_id uuid not null references conversations (id) on delete restrict,
      user_id uuid,
      joined_at timestamptz not null default now(),
      last_read_message_id uuid,
      unique (conversation_id, user_id)
    )`.execute(db);
  await addSoftDeletion(db, 'participants');
  await sql`create index participants_user on participants (user_id) where deleted_at is null`.execute(db);
  await sql`
    create table messages (
      id uuid primary key default uuidv7(),
      conversation_id uuid not null references conversations (id) on delete restrict,
      sender_id uuid,
      client_message_id text check (char_length(client_message_id) between 1 and 64),
      payload bytea,
      content_hash bytea,
      created_at timestamptz not null default now(),
      unique (sender_id, client_message_id)
    )`.execute(db);
  await addSoftDeletion(db, 'messages');
  await sql`create index messages_active on messages (conversation_id, id desc) where deleted_at is null`.execute(db);
  await sql`
    create table message_ciphertexts (
      message_id uuid not null references messages (id) on delete restrict,
      recipient_id uuid not null,
      device_id integer not null,
      ciphertext bytea not null,
      primary key (message_id, recipient_id, device_id)
    )`.execute(db);
  await sql`create index message_ciphertexts_recipient on message_ciphertexts (recipient_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_messages, active_participants, active_conversations`.execute(db);
  await sql`drop table message_ciphertexts, messages, participants, conversations`.execute(db);
}
