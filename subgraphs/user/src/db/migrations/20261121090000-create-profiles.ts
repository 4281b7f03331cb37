import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table profiles (
      id uuid primary key,
      username text not null check (username ~ '^[a-zA-Z0-9_]{3,20}$'),
      display_name text not null check (char_length(display_name) between 1 and 50),
      bio text check (char_length(bio) <= 500),
      location text check (char_length(location) <= 100),
      joined_at timestamptz not null,
      updated_at timestamptz not null default now(),
      deleted_at timestamptz,
      deleted_by uuid,
      check ((deleted_at is null) = (deleted_by is null))
    )`.execute(db);
  await sql`create view active_profiles as select * from profiles where deleted_at is null`.execute(db);
  await sql`create unique index profiles_username on profiles (lower(username)) where deleted_at is null`.execute(db);
  await sql`create index profiles_deleted on profiles (deleted_by, deleted_at) where deleted_at is not null`.execute(
    db,
  );
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop view active_profiles`.execute(db);
  await sql`drop table profiles`.execute(db);
}
