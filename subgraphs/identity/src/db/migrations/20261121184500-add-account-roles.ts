import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table accounts add column roles text[] not null default '{}'
      check (roles <@ array['moderator', 'admin', 'operator'])`.execute(db);
  // The view holds the columns that the table had when it was made.
  await sql`create or replace view active_accounts as select * from accounts where deleted_at is null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_accounts`.execute(db);
  await sql`alter table accounts drop column roles`.execute(db);
  await sql`create view active_accounts as select * from accounts where deleted_at is null`.execute(db);
}
