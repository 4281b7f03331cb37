import { type Kysely, sql } from 'kysely';

/**
 * For migrations: gives a table `deleted_at` and `deleted_by`, both set or both null, the view `active_<table>` of what is not
 * deleted, and an index by who deleted. Foreign keys to such a table are RESTRICT: its rows stay.
 */
export async function addSoftDeletion(db: Kysely<unknown>, table: string): Promise<void> {
  const name = sql.id(table);
  await sql`
    alter table ${name}
      add column deleted_at timestamptz,
      add column deleted_by uuid,
      add constraint ${sql.id(`${table}_deletion`)} check ((deleted_at is null) = (deleted_by is null))`.execute(db);
  await sql`create index ${sql.id(`${table}_deleted`)} on ${name} (deleted_by, deleted_at) where deleted_at is not null`.execute(
    db,
  );
  await createActiveView(db, table);
}

/** For migrations that add or drop columns of such a table: a view keeps the columns that it was made with. */
export async function recreateActiveView(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`drop view ${sql.id(`active_${table}`)}`.execute(db);
  await createActiveView(db, table);
}

async function createActiveView(db: Kysely<unknown>, table: string): Promise<void> {
  await sql`
    create view ${sql.id(`active_${table}`)} as
    select * from ${sql.id(table)} where deleted_at is null`.execute(db);
}
