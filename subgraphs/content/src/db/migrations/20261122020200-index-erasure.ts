import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index comments_active_by_author on comments (author_id, id) where deleted_at is null`.execute(db);
  // What was deleted before its author was erased; with that it leaves the index.
  for (const table of ['posts', 'comments']) {
    const name = sql.id(`${table}_to_erase`);
    await sql`
      create index ${name} on ${sql.id(table)} (author_id, id)
      where deleted_at is not null and body <> '[erased]'`.execute(db);
  }
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop index posts_to_erase, comments_to_erase, comments_active_by_author`.execute(db);
}
