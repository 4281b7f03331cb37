import { isAppError } from '@nova/errors';
import { databaseFailure, migrationSettings, openDatabase } from '@nova/postgres';
import { ConfigError, createLogger, readSettings } from '@nova/runtime';
import { type Kysely, sql } from 'kysely';
import { type CommandInput, UsageError } from '../command.ts';

/**
 * Gives `work` the domain's database and says what went wrong in a sentence. Resolves to the exit code.
 */
export async function withDomain(
  { domain, env, output }: { domain: string } & Pick<CommandInput, 'env' | 'output'>,
  work: (db: Kysely<unknown>) => Promise<number>,
): Promise<number> {
  try {
    const { DATABASE_DIRECT_URL: url } = readSettings(migrationSettings, env);
    const log = createLogger({ service: 'nova', level: 'silent' });
    const database = openDatabase<unknown>({ url, poolMax: 1, applicationName: 'nova-cli', log });
    try {
      await checkDomain(database.db, domain);
      return await work(database.db);
    } finally {
      await database.stop();
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    output.error(explain(error));
    return 1;
  }
}

/** The role decides on the schema: with another domain's, its letters would be listed and replayed. */
async function checkDomain(db: Kysely<unknown>, domain: string): Promise<void> {
  const { rows } = await sql<{ role: string; schema: string | null; tables: boolean }>`
    select current_user as role, current_schema() as schema, to_regclass('dead_letters') is not null as tables
    `.execute(db);
  const [{ role, schema, tables } = { role: '', schema: null, tables: false }] = rows;
  if (schema !== domain)
    throw new ConfigError([`DATABASE_DIRECT_URL is that of ${role}, whose schema is ${schema}, not ${domain}`]);
  if (!tables)
    throw new ConfigError([`DATABASE_DIRECT_URL leads to a schema ${domain} without dead letters: migrate it`]);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || isAppError(error)) return error.message;
  const failure = databaseFailure(error);
  const detail = error instanceof Error ? error.message : String(error);
  return failure ? `${failure.message} (${detail})` : detail;
}
