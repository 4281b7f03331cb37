import { recreateActiveView } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table profiles
      add column avatar_id uuid,
      add column visibility text not null default 'EVERYONE' check (visibility in ('EVERYONE', 'FOLLOWERS', 'ONLY_ME')),
      add column is_discoverable boolean not null default true,
      add column erased_at timestamptz`.execute(db);
  await sql`create index profiles_avatar on profiles (avatar_id) where avatar_id is not null`.execute(db);
  await recreateActiveView(db, 'profiles');
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_profiles`.execute(db);
  await sql`
    alter table profiles
      drop column avatar_id, drop column visibility, drop column is_discoverable, drop column erased_at`.execute(db);
  await sql`create view active_profiles as select * from profiles where deleted_at is null`.execute(db);
}
