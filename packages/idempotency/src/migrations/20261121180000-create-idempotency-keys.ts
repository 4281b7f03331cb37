import { type Kysely, sql } from 'kysely';

/** `result_id` is null only inside the transaction that makes the result. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table idempotency_keys (
      key text primary key,
      fingerprint text not null,
      result_id text,
      created_at timestamptz not null default clock_timestamp()
    )`.execute(db);
  await sql`create index idempotency_keys_by_age on idempotency_keys (created_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table idempotency_keys`.execute(db);
}
