import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table user_permissions (
      account_id uuid not null references accounts (id) on delete restrict,
      permission text not null check (permission ~ '^[a-z]+:[a-z]+$'),
      granted_by uuid not null,
      granted_at timestamptz not null default now(),
      primary key (account_id, permission)
    )`.execute(db);
  await sql`create index accounts_newest on accounts (created_at desc, id desc) where deleted_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index accounts_newest`.execute(db);
  await sql`drop table user_permissions`.execute(db);
}
