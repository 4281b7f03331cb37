import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Counts change often and are in no index: with room in the page their new versions stay beside the old ones.
  await sql`
    create table members (
      user_id uuid primary key,
      followers integer not null default 0 check (followers >= 0),
      following integer not null default 0 check (following >= 0)
    ) with (fillfactor = 80)`.execute(db);
  await sql`
    create table follows (
      id uuid primary key default uuidv7(),
      follower_id uuid not null,
      followee_id uuid not null,
      created_at timestamptz not null default now(),
      unique (follower_id, followee_id),
      check (follower_id <> followee_id)
    )`.execute(db);
  await sql`create index follows_of_follower on follows (follower_id, id desc)`.execute(db);
  await sql`create index follows_of_followee on follows (followee_id, id desc)`.execute(db);
  await sql`
    create table blocks (
      blocker_id uuid not null,
      blocked_id uuid not null,
      created_at timestamptz not null default now(),
      primary key (blocker_id, blocked_id),
      check (blocker_id <> blocked_id)
    )`.execute(db);
  await sql`create index blocks_of_blocked on blocks (blocked_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table blocks, follows, members`.execute(db);
}
