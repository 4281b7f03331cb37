import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table likes (
      id uuid primary key default uuidv7(),
      post_id uuid not null,
      user_id uuid not null,
      created_at timestamptz not null default now(),
      unique (post_id, user_id)
    )`.execute(db);
  await sql`create index likes_of_post on likes (post_id, id desc)`.execute(db);
  await sql`create index likes_of_user on likes (user_id, post_id)`.execute(db);
  await sql`
    create table post_likes (
      post_id uuid primary key,
      author_id uuid not null,
      likes integer not null check (likes >= 0)
    ) with (fillfactor = 80)`.execute(db);
  await sql`create index post_likes_of_author on post_likes (author_id, post_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table post_likes, likes`.execute(db);
}
