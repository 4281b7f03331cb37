import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createEvents(db);
  await notifyRelays(db);
  await sql`
    create table outbox_parked_keys (
      topic text not null,
      key text not null,
      shard smallint not null,
      row_id bigint not null,
      event_id uuid not null,
      cause text not null,
      tries integer not null check (tries > 0),
      parked_at timestamptz not null default clock_timestamp(),
      primary key (topic, key)
    )`.execute(db);
  await sql`
    create table outbox_discarded_events (
      event_id uuid primary key,
      topic text not null,
      key text not null,
      type text not null,
      version integer not null,
      payload bytea not null,
      correlation_id text not null,
      created_at timestamptz not null,
      cause text not null,
      tries integer not null,
      discarded_by text not null,
      discarded_at timestamptz not null default clock_timestamp()
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table outbox_discarded_events, outbox_parked_keys, outbox_events`.execute(db);
  await sql`drop function outbox_notify_relays`.execute(db);
}

/**
 * A queue: rows live for milliseconds, so that the one index there is serves the relay and nothing else. A key's rows are
 * inserted under the lock of its aggregate, and ids are handed out one by one (no cache): their order is that of the commits.
 * Vacuum comes by the number of dead rows, not by their share, and never truncates, which would lock writers out.
 */
async function createEvents(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table outbox_events (
      shard smallint not null,
      id bigint generated always as identity,
      event_id uuid not null default uuidv7(),
      topic text not null,
      key text not null,
      type text not null,
      version integer not null check (version > 0),
      payload bytea not null,
      correlation_id text not null,
      traceparent text not null,
      created_at timestamptz not null default clock_timestamp(),
      primary key (shard, id)
    ) with (
      autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
      autovacuum_vacuum_insert_threshold = -1, vacuum_truncate = off,
      toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000, toast.vacuum_truncate = off
    )`.execute(db);
}

/** Relays of the schema wake when the transaction commits; the schema's name keeps domains apart, channels being database-wide. */
async function notifyRelays(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function outbox_notify_relays() returns trigger language plpgsql as $$
    begin
      perform pg_catalog.pg_notify('outbox_' || tg_table_schema, '');
      return null;
    end $$`.execute(db);
  await sql`
    create trigger outbox_events_wake_relays after insert on outbox_events
    for each statement execute function outbox_notify_relays()`.execute(db);
}
