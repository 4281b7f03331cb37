import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table follow_counts (
      user_id uuid primary key,
      followers integer not null,
      following integer not null
    )`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table follow_counts`.execute(db);
}
