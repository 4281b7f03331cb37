import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table push_devices (
      id uuid primary key default uuidv7(),
      user_id uuid not null,
      platform text not null,
      token text not null,
      registered_at timestamptz not null default now(),
      unique (platform, token)
    )`.execute(db);
  await sql`create index push_devices_user on push_devices (user_id, registered_at)`.execute(db);
  await sql`
    create table push_jobs (
      id uuid primary key default uuidv7(),
      device_id uuid not null references push_devices (id) on delete cascade,
      kind text not null,
      notification_id uuid not null,
      post_id uuid,
      comment_id uuid,
      conversation_id uuid,
      attempts integer not null default 0,
      due_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index push_jobs_due on push_jobs (due_at)`.execute(db);
  await sql`create index push_jobs_device on push_jobs (device_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table push_jobs, push_devices`.execute(db);
}
