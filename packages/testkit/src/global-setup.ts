import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { migrations as communicationMigrations } from '@nova/communication/migrations';
import { migrations as contentMigrations } from '@nova/content/migrations';
import { eventLogMigrations } from '@nova/events/migrations';
import { migrations as eventsMigrations } from '@nova/events-domain/migrations';
import { migrations as identityMigrations } from '@nova/identity/migrations';
import { migrations as mediaMigrations } from '@nova/media/migrations';
import { eventLogSchema, migrate, provisionDatabase } from '@nova/postgres';
import { startEmbeddedPostgres } from '@nova/postgres/embedded';
import { migrations as searchMigrations } from '@nova/search/migrations';
import { migrations as socialMigrations } from '@nova/social/migrations';
import { migrations as userMigrations } from '@nova/user/migrations';
import type { TestProject } from 'vitest/node';
import { roleUrl, templateDatabase } from './database.ts';

const migrationsByDomain = {
  identity: identityMigrations,
  user: userMigrations,
  content: contentMigrations,
  social: socialMigrations,
  media: mediaMigrations,
  communication: communicationMigrations,
  search: searchMigrations,
  events: eventsMigrations,
};
const migrationsBySchema = { [eventLogSchema]: eventLogMigrations, ...migrationsByDomain };

/** One PostgreSQL a run, in a directory of its own, with a migrated template that test files copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(`${tmpdir()}/nova-test-`);
  const postgres = await startEmbeddedPostgres({ dataDir: directory, port: 0, durable: false });
  const stop = async () => {
    await postgres.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const server = { adminUrl: postgres.adminUrl, rolePassword: randomBytes(12).toString('hex') };
    const domains = Object.keys(migrationsByDomain).map((name) => ({ name, password: server.rolePassword }));
    await provisionDatabase({
      adminUrl: server.adminUrl,
      database: templateDatabase,
      domains,
      eventLogPassword: server.rolePassword,
    });
    for (const [schema, migrations] of Object.entries(migrationsBySchema)) {
      await migrate({ url: roleUrl(server, schema, templateDatabase), schema, migrations });
    }
    project.provide('postgres', server);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
