import { recreateActiveView } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';

const ofPost = sql`post_id uuid not null references posts (id) on delete restrict`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table posts
      add column visibility text not null default 'PUBLIC' check (visibility in ('PUBLIC', 'FOLLOWERS')),
      add column edited_at timestamptz`.execute(db);
  await recreateActiveView(db, 'posts');
  await sql`create index posts_public on posts (id desc) where deleted_at is null and visibility = 'PUBLIC'`.execute(
    db,
  );
  await sql`
    create table post_edits (
      id uuid primary key default uuidv7(),
      ${ofPost},
      body text not null,
      created_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index post_edits_by_post on post_edits (post_id, id desc)`.execute(db);
  await sql`
    create table post_hashtags (
      ${ofPost},
      hashtag text not null check (char_length(hashtag) between 1 and 50),
      primary key (hashtag, post_id)
    )`.execute(db);
  await sql`create index post_hashtags_by_post on post_hashtags (post_id)`.execute(db);
  await sql`create table post_mentions (${ofPost}, user_id uuid not null, primary key (post_id, user_id))`.execute(db);
  await sql`create index post_mentions_by_user on post_mentions (user_id)`.execute(db);
  await sql`
    create table post_media (
      ${ofPost},
      position smallint not null check (position between 0 and 9),
      media_id uuid not null,
      primary key (post_id, position),
      unique (post_id, media_id)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table post_media, post_mentions, post_hashtags, post_edits`.execute(db);
  await sql`drop view active_posts`.execute(db);
  await sql`alter table posts drop column edited_at, drop column visibility`.execute(db);
  await sql`create view active_posts as select * from posts where deleted_at is null`.execute(db);
}
