import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table outbox_events (
      id bigint generated always as identity primary key,
      shard smallint not null,
      event_id uuid not null default uuidv7() unique,
      topic text not null,
      key text not null,
      type text not null,
      version integer not null check (version > 0),
      payload bytea not null,
      correlation_id text not null,
      traceparent text not null,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`create index outbox_events_by_shard on outbox_events (shard, id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table outbox_events`.execute(db);
}
