import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table erasures (
      id uuid primary key default uuidv7(),
      user_id uuid not null unique,
      requested_at timestamptz not null default now(),
      completed_at timestamptz
    )`.execute(db);
  await sql`
    create table erasure_answers (
      erasure_id uuid not null references erasures (id) on delete restrict,
      domain text not null,
      erased_at timestamptz not null,
      primary key (erasure_id, domain)
    )`.execute(db);
  await sql`create index erasures_open on erasures (id) where completed_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table erasure_answers, erasures`.execute(db);
}
