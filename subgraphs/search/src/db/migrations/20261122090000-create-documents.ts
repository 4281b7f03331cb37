import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table user_documents (
      id uuid primary key,
      username text not null,
      display_name text not null,
      bio text not null,
      username_plain text collate "C" not null,
      name_plain text not null,
      words tsvector not null
    )`.execute(db);
  await sql`create index on user_documents (username_plain)`.execute(db);
  await sql`create index on user_documents using gin (username_plain gin_trgm_ops)`.execute(db);
  await sql`create index on user_documents using gin (name_plain gin_trgm_ops)`.execute(db);
  await sql`create index on user_documents using gin (words)`.execute(db);
  await sql`
    create table post_documents (
      id uuid primary key,
      author_id uuid not null,
      body text not null,
      created_at timestamptz not null,
      body_plain text not null,
      words tsvector not null
    )`.execute(db);
  await sql`create index on post_documents (author_id)`.execute(db);
  await sql`create index on post_documents using gin (body_plain gin_trgm_ops)`.execute(db);
  await sql`create index on post_documents using gin (words)`.execute(db);
  await sql`
    create table erased_users (digest bytea primary key, erased_at timestamptz not null default now())`.execute(db);
  await sql`
    create table reindexes (id uuid primary key, started_at timestamptz not null default now())`.execute(db);
  await sql`create unique index reindexes_one on reindexes ((true))`.execute(db);
  await sql`
    create table reindex_changes (
      kind text not null check (kind in ('user', 'post')),
      id uuid not null,
      primary key (kind, id)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table reindex_changes, reindexes, erased_users, post_documents, user_documents`.execute(db);
}
