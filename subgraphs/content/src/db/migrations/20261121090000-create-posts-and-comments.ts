import { type Kysely, sql } from 'kysely';

const deletable = sql`check ((deleted_at is null) = (deleted_by is null))`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table posts (
      id uuid primary key default uuidv7(),
      author_id uuid not null,
      body text not null check (char_length(body) between 1 and 5000),
      created_at timestamptz not null default now(),
      deleted_at timestamptz,
      deleted_by uuid,
      ${deletable}
    )`.execute(db);
  await sql`
    create table comments (
      id uuid primary key default uuidv7(),
      post_id uuid not null references posts (id) on delete restrict,
      author_id uuid not null,
      body text not null check (char_length(body) between 1 and 2000),
      created_at timestamptz not null default now(),
      deleted_at timestamptz,
      deleted_by uuid,
      ${deletable}
    )`.execute(db);
  await sql`create view active_posts as select * from posts where deleted_at is null`.execute(db);
  await sql`create view active_comments as select * from comments where deleted_at is null`.execute(db);
  await sql`create index posts_active_by_author on posts (author_id, id desc) where deleted_at is null`.execute(db);
  await sql`create index posts_active on posts (id desc) where deleted_at is null`.execute(db);
  await sql`create index posts_deleted on posts (deleted_by, deleted_at) where deleted_at is not null`.execute(db);
  await sql`create index comments_active_by_post on comments (post_id, id) where deleted_at is null`.execute(db);
  await sql`create index comments_deleted on comments (deleted_by, deleted_at) where deleted_at is not null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_comments, active_posts`.execute(db);
  await sql`drop table comments, posts`.execute(db);
}
