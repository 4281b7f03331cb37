import { type Kysely, sql } from 'kysely';

/** What the domains announce of their dead letters; the letters themselves, with what they carry, stay in their own databases. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table announced_letters (
      id uuid primary key,
      domain text not null,
      consumer_group text not null,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      key text not null,
      event_id text,
      event_type text,
      correlation_id text not null,
      cause_code text not null,
      cause text,
      tries integer not null,
      failed_at timestamptz not null,
      resolution text check (resolution in ('replayed', 'discarded')),
      settled_at timestamptz,
      settled_by text,
      check ((resolution is null) = (settled_at is null) and (settled_at is null) = (settled_by is null)),
      check (resolution is null or cause is null)
    )`.execute(db);
  await sql`create index announced_letters_waiting on announced_letters (domain, cause_code, id desc) where resolution is null`.execute(
    db,
  );
  await sql`create index announced_letters_settled on announced_letters (settled_at) where settled_at is not null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table announced_letters`.execute(db);
}
