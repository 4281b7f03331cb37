import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table author_posts (
      author_id uuid not null,
      post_id uuid not null,
      pushed boolean not null,
      primary key (author_id, post_id)
    )`.execute(db);
  await sql`create index author_posts_to_merge on author_posts (author_id, post_id desc) where not pushed`.execute(db);
  await sql`
    create table timeline_entries (
      owner_id uuid not null,
      post_id uuid not null,
      author_id uuid not null,
      primary key (owner_id, post_id)
    )`.execute(db);
  await sql`create index timeline_entries_of_post on timeline_entries (author_id, post_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table timeline_entries, author_posts`.execute(db);
}
