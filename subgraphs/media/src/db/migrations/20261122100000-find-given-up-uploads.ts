import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index assets_given_up on assets (kind)
    where deleted_at is null and failure = 'PROCESSING_FAILED'`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index assets_given_up`.execute(db);
}
