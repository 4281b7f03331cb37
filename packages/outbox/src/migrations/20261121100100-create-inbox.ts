import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table inbox (
      consumer text not null,
      event_id uuid not null,
      seen_at timestamptz not null default clock_timestamp(),
      primary key (consumer, event_id)
    )`.execute(db);
  await sql`create index inbox_by_age on inbox (seen_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table inbox`.execute(db);
}
