import { recreateActiveView } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table comments add column parent_id uuid references comments (id) on delete restrict`.execute(db);
  await recreateActiveView(db, 'comments');
  await sql`
    create index comments_active_on_post on comments (post_id, id)
    where deleted_at is null and parent_id is null`.execute(db);
  await sql`
    create index comments_active_by_parent on comments (parent_id, id)
    where deleted_at is null and parent_id is not null`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_comments`.execute(db);
  await sql`alter table comments drop column parent_id`.execute(db);
  await sql`create view active_comments as select * from comments where deleted_at is null`.execute(db);
}
