import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table notifications (
      id uuid primary key,
      user_id uuid not null,
      kind text not null,
      post_id uuid,
      comment_id uuid,
      conversation_id uuid,
      occurrences integer not null default 1,
      activity_id uuid not null default uuidv7(),
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      read_at timestamptz
    )`.execute(db);
  await sql`create unique index notifications_activity on notifications (user_id, activity_id desc)`.execute(db);
  await sql`
    create unique index notifications_unread on notifications (user_id, activity_id desc)
    where read_at is null`.execute(db);
  await sql`
    create unique index notifications_likes on notifications (user_id, post_id)
    where read_at is null and kind = 'LIKE'`.execute(db);
  await sql`
    create unique index notifications_messages on notifications (user_id, conversation_id)
    where read_at is null and kind = 'MESSAGE'`.execute(db);
  await sql`
    create table notification_actors (
      notification_id uuid not null references notifications (id) on delete restrict,
      actor_id uuid not null,
      activity_id uuid not null default uuidv7(),
      primary key (notification_id, actor_id)
    )`.execute(db);
  await sql`create index notification_actors_actor on notification_actors (actor_id)`.execute(db);
  await sql`
    create index notification_actors_newest on notification_actors (notification_id, activity_id desc)`.execute(db);
  await sql`
    create table notification_preferences (
      user_id uuid not null,
      kind text not null,
      in_app boolean not null,
      push boolean not null,
      primary key (user_id, kind)
    )`.execute(db);
  await sql`
    create table blocks (
      blocker_id uuid not null,
      blocked_id uuid not null,
      primary key (blocker_id, blocked_id)
    )`.execute(db);
  await sql`create index blocks_blocked on blocks (blocked_id)`.execute(db);
  await sql`
    create table erased_users (
      user_id uuid primary key,
      erased_at timestamptz not null default now()
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    drop table erased_users, blocks, notification_preferences, notification_actors, notifications`.execute(db);
}
