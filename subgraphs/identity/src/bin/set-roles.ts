import { isAppError } from '@nova/errors';
import { migrationSettings, openDatabase } from '@nova/postgres';
import { ConfigError, createLogger, readSettings } from '@nova/runtime';
import { createRoleCommands } from '../accounts/role-commands.ts';
import type { Tables } from '../db/tables.ts';

const usage = `set-roles.ts <username> [role ...]
Gives an account these roles and no others. DATABASE_DIRECT_URL is the database, as the role nova_identity.`;

const [username, ...roles] = process.argv.slice(2);
try {
  if (username === undefined || username.startsWith('-')) throw new ConfigError([usage]);
  const { DATABASE_DIRECT_URL: url } = readSettings(migrationSettings, process.env);
  const log = createLogger({ service: 'identity', level: 'silent' });
  const database = openDatabase<Tables>({ url, poolMax: 1, applicationName: 'nova-set-roles', log });
  try {
    const set = await createRoleCommands(database).setRoles({ username, roles });
    console.log(`${username} is ${['user', ...set].join(', ')} from the next sign-in or refresh on.`);
  } finally {
    await database.stop();
  }
} catch (error) {
  console.error(error instanceof ConfigError || isAppError(error) ? error.message : error);
  process.exitCode = 1;
}
