import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import pg from 'pg';

/** Migrations by name; names begin with a timestamp, so that their order is the order of time. */
export type MigrationSet = Readonly<Record<string, Migration>>;

/**
 * Brings one schema up to date and returns the names of the migrations it ran. Safe when several replicas start at
 * once: kysely takes a session advisory lock, which is why `url` must be a direct one and not a transaction pooler's.
 */
export async function migrate(options: { url: string; schema: string; migrations: MigrationSet }): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: options.url, max: 2, connectionTimeoutMillis: 10_000 });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const migrator = new Migrator({
      db,
      provider: { getMigrations: async () => ({ ...options.migrations }) },
      migrationTableSchema: options.schema,
    });
    const { error, results } = await migrator.migrateToLatest();
    if (error) {
      const failed = results?.find(({ status }) => status === 'Error')?.migrationName;
      throw new Error(`Migration ${failed ?? ''} of ${options.schema} failed`, { cause: error });
    }
    return (results ?? []).map(({ migrationName }) => migrationName);
  } finally {
    await db.destroy();
  }
}
