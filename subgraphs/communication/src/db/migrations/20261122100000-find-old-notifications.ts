import { type Kysely, sql } from 'kysely';

/** To delete notifications: those that are old, and those whose post or comment is gone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index notifications_updated on notifications (updated_at)`.execute(db);
  await sql`create index notifications_post on notifications (post_id) where post_id is not null`.execute(db);
  await sql`create index notifications_comment on notifications (comment_id) where comment_id is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index notifications_updated, notifications_post, notifications_comment`.execute(db);
}
