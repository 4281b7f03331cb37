import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table sessions
      drop constraint sessions_revoked_reason_check,
      add constraint sessions_revoked_reason_check check (revoked_reason in ('logout', 'reuse', 'erasure'))`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`update sessions set revoked_reason = 'logout' where revoked_reason = 'erasure'`.execute(db);
  await sql`
    alter table sessions
      drop constraint sessions_revoked_reason_check,
      add constraint sessions_revoked_reason_check check (revoked_reason in ('logout', 'reuse'))`.execute(db);
}
