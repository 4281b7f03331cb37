import { type Kysely, sql } from 'kysely';

/**
 * A transaction that notifies takes a lock at its commit which all others of the database wait for, over the flush to
 * disk. So writers notify only when a relay said that it sleeps. Unlogged: the relays of before a crash are gone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create unlogged table outbox_sleepers (
      pid integer primary key,
      since timestamptz not null default clock_timestamp()
    ) with (vacuum_truncate = off)`.execute(db);
  await sql`
    create or replace function outbox_notify_relays() returns trigger language plpgsql as $$
    declare
      someone_sleeps boolean;
    begin
      execute format('select exists (select from %I.outbox_sleepers)', tg_table_schema) into someone_sleeps;
      if someone_sleeps then
        perform pg_catalog.pg_notify('outbox_' || tg_table_schema, '');
      end if;
      return null;
    end $$`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function outbox_notify_relays() returns trigger language plpgsql as $$
    begin
      perform pg_catalog.pg_notify('outbox_' || tg_table_schema, '');
      return null;
    end $$`.execute(db);
  await sql`drop table outbox_sleepers`.execute(db);
}
