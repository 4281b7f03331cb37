import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table totp_factors (
      account_id uuid primary key references accounts (id) on delete restrict,
      sealed_secret bytea not null,
      created_at timestamptz not null default now(),
      confirmed_at timestamptz,
      last_used_step bigint not null default 0
    )`.execute(db);
  await sql`
    create table recovery_codes (
      account_id uuid not null references totp_factors (account_id) on delete cascade,
      code_hash bytea not null,
      used_at timestamptz,
      primary key (account_id, code_hash)
    )`.execute(db);
  await sql`
    create table login_challenges (
      token_hash bytea primary key,
      account_id uuid not null references accounts (id) on delete restrict,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index login_challenges_by_account on login_challenges (account_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table login_challenges, recovery_codes, totp_factors`.execute(db);
}
