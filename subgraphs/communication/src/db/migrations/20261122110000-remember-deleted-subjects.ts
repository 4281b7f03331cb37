import { type Kysely, sql } from 'kysely';

/** Posts and comments that are gone, of which nobody is told any more, and the pushes of a notification that goes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table deleted_subjects (subject_id uuid primary key, drained_at timestamptz)`.execute(db);
  await sql`create index deleted_subjects_drained on deleted_subjects (drained_at)`.execute(db);
  await sql`create index push_jobs_notification on push_jobs (notification_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index push_jobs_notification`.execute(db);
  await sql`drop table deleted_subjects`.execute(db);
}
