import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table linked_accounts (
      provider text not null,
      subject text not null check (char_length(subject) between 1 and 255),
      account_id uuid not null references accounts (id) on delete restrict,
      linked_at timestamptz not null default now(),
      primary key (provider, subject),
      unique (account_id, provider)
    )`.execute(db);
  await sql`
    create table provider_attempts (
      token_hash bytea primary key,
      provider text not null,
      redirect_url text not null,
      state text not null,
      nonce text not null,
      code_verifier text not null,
      account_id uuid references accounts (id) on delete restrict,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index provider_attempts_by_expiry on provider_attempts (expires_at)`.execute(db);
  await sql`create index provider_attempts_by_account on provider_attempts (account_id)`.execute(db);
  await sql`
    create table sign_up_tickets (
      token_hash bytea primary key,
      provider text not null,
      subject text not null,
      email text,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index sign_up_tickets_by_expiry on sign_up_tickets (expires_at)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table sign_up_tickets, provider_attempts, linked_accounts`.execute(db);
}
