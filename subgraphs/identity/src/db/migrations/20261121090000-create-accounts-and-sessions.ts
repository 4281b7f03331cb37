import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table accounts (
      id uuid primary key default uuidv7(),
      email text not null check (email = lower(email) and char_length(email) <= 254),
      username text not null check (username ~ '^[a-zA-Z0-9_]{3,20}$'),
      password_hash text,
      is_active boolean not null default true,
      failed_login_attempts integer not null default 0 check (failed_login_attempts >= 0),
      locked_until timestamptz,
      created_at timestamptz not null default now(),
      deleted_at timestamptz,
      deleted_by uuid,
      check ((deleted_at is null) = (deleted_by is null))
    )`.execute(db);
  await sql`create view active_accounts as select * from accounts where deleted_at is null`.execute(db);
  await sql`create unique index accounts_email on accounts (email) where deleted_at is null`.execute(db);
  await sql`create unique index accounts_username on accounts (lower(username)) where deleted_at is null`.execute(db);
  await sql`create index accounts_deleted on accounts (deleted_by, deleted_at) where deleted_at is not null`.execute(
    db,
  );
  await sql`
    create table sessions (
      id uuid primary key default uuidv7(),
      account_id uuid not null references accounts (id) on delete restrict,
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      revoked_reason text check (revoked_reason in ('logout', 'reuse')),
      check ((revoked_at is null) = (revoked_reason is null))
    )`.execute(db);
  await sql`create index sessions_by_account on sessions (account_id)`.execute(db);
  await sql`
    create table refresh_tokens (
      token_hash bytea primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      used_at timestamptz
    )`.execute(db);
  await sql`create index refresh_tokens_by_session on refresh_tokens (session_id)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table refresh_tokens, sessions`.execute(db);
  await sql`drop view active_accounts`.execute(db);
  await sql`drop table accounts`.execute(db);
}
