import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table quotas (
      user_id uuid primary key,
      used_bytes bigint not null check (used_bytes >= 0)
    )`.execute(db);
  await sql`
    create table quota_reservations (
      user_id uuid not null references quotas (user_id) on delete restrict,
      reservation_id uuid not null,
      bytes bigint not null check (bytes > 0),
      created_at timestamptz not null default now(),
      primary key (user_id, reservation_id)
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table quota_reservations, quotas`.execute(db);
}
