import { addSoftDeletion } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table assets (
      id uuid primary key default uuidv7(),
      owner_id uuid not null,
      kind text not null check (kind in ('IMAGE', 'VIDEO', 'LIVE_STREAM')),
      state text not null default 'WAITING'
        check (state in ('WAITING', 'PROCESSING', 'READY', 'FAILED', 'LIVE', 'ENDED')),
      content_type text,
      bytes integer check (bytes > 0),
      width integer,
      height integer,
      duration_ms integer,
      failure text,
      created_at timestamptz not null default now(),
      upload_expires_at timestamptz,
      admitted_at timestamptz,
      check ((kind = 'LIVE_STREAM') = (content_type is null)),
      check ((kind = 'LIVE_STREAM') = (bytes is null)),
      check ((kind = 'LIVE_STREAM') = (upload_expires_at is null)),
      check ((state = 'FAILED') = (failure is not null))
    )`.execute(db);
  await addSoftDeletion(db, 'assets');
  await sql`create index assets_active_by_owner on assets (owner_id, id desc) where deleted_at is null`.execute(db);
  await sql`
    create index assets_awaited on assets (upload_expires_at)
    where deleted_at is null and state = 'WAITING' and upload_expires_at is not null`.execute(db);
  await sql`
    create table jobs (
      id uuid primary key default uuidv7(),
      asset_id uuid not null references assets (id) on delete restrict,
      kind text not null check (kind in ('IMAGE', 'VIDEO', 'REMOVAL')),
      attempts integer not null default 0,
      due_at timestamptz not null default now(),
      lease uuid,
      leased_until timestamptz,
      correlation_id text not null,
      traceparent text not null,
      unique (asset_id, kind),
      check ((lease is null) = (leased_until is null))
    )`.execute(db);
  await sql`create index jobs_due on jobs (due_at)`.execute(db);
  await sql`
    create table live_streams (
      asset_id uuid primary key references assets (id) on delete restrict,
      key_hash bytea not null unique
    )`.execute(db);
  await sql`
    create table stream_callbacks (
      signature bytea primary key,
      seen_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index stream_callbacks_seen on stream_callbacks (seen_at)`.execute(db);
  await sql`
    create table erasures (
      user_id uuid primary key,
      requested_at timestamptz not null default now()
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_assets`.execute(db);
  await sql`drop table erasures, stream_callbacks, live_streams, jobs, assets`.execute(db);
}
