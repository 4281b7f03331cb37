import { type Logger, readSettings, setting } from '@nova/runtime';
import { type MigrationSet, migrate } from './migrate.ts';

export const migrationSettings = {
  DATABASE_DIRECT_URL: setting.url({
    description: "PostgreSQL, as the domain's own role and not through a transaction pooler; used by migrations.",
  }),
};

/** The whole of a domain's `bin/migrate.ts`: migrates, says what it ran, exits with 1 on failure. */
export async function runMigrations(
  log: Logger,
  options: { schema: string; migrations: MigrationSet; env: NodeJS.ProcessEnv },
): Promise<void> {
  try {
    const { DATABASE_DIRECT_URL: url } = readSettings(migrationSettings, options.env);
    const ran = await migrate({ url, schema: options.schema, migrations: options.migrations });
    log.info({ ran }, ran.length === 0 ? 'the schema is up to date' : 'the schema was migrated');
  } catch (error) {
    log.fatal({ err: error }, 'the migration failed');
    process.exitCode = 1;
  }
}
