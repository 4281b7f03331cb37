import { type Kysely, sql } from 'kysely';

/** A one-time prekey that was handed out stays as it is, claimed, so that nobody can upload it again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table prekey_devices (
      user_id uuid not null,
      device_id integer not null,
      registration_id integer not null,
      identity_key bytea not null,
      signed_prekey_id integer not null,
      signed_prekey bytea not null,
      signed_prekey_signature bytea not null,
      updated_at timestamptz not null default now(),
      primary key (user_id, device_id)
    )`.execute(db);
  await sql`
    create table one_time_prekeys (
      user_id uuid not null,
      device_id integer not null,
      key_id integer not null,
      public_key bytea not null,
      claimed_at timestamptz,
      primary key (user_id, device_id, key_id),
      foreign key (user_id, device_id) references prekey_devices on delete restrict
    )`.execute(db);
  await sql`
    create index one_time_prekeys_free on one_time_prekeys (user_id, device_id, key_id)
    where claimed_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table one_time_prekeys, prekey_devices`.execute(db);
}
