import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLogMigrations } from '@nova/events/migrations';
import { eventLogSchema, migrate, provisionDatabase, roleName } from '@nova/postgres';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@nova/postgres/embedded';
import { freeFixedPort, type TestDatabase } from '@nova/testkit';
import type { TestContext } from 'vitest';
import { outboxMigrations } from '../../../src/migrations/index.ts';

/** A PostgreSQL of the test's own, on a port that it keeps, with the outbox in the schema `content` and the embedded log. */
export type OwnPostgres = TestDatabase & {
  /** SIGKILL for all of it at once. */
  crash(): Promise<void>;
  /** On the same data and port; resolves when it answers. */
  start(): Promise<void>;
};

const database = 'nova';
const password = 'faults';

export async function startOwnPostgres(context: TestContext): Promise<OwnPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nova-faults-postgres-'));
  const port = await freeFixedPort();
  // Durable: what was committed must outlive the crash.
  const start = () => startEmbeddedPostgres({ dataDir, port, durable: true });
  let server: EmbeddedPostgres = await start();
  context.onTestFinished(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }, 60_000);
  const urlFor = (owner: string) => server.urlFor({ database, user: roleName(owner), password });
  const adminUrl = new URL(server.adminUrl);
  adminUrl.pathname = `/${database}`;
  await provisionDatabase({
    adminUrl: server.adminUrl,
    database,
    domains: [{ name: 'content', password }],
    eventLogPassword: password,
  });
  await migrate({ url: urlFor(eventLogSchema), schema: eventLogSchema, migrations: eventLogMigrations });
  await migrate({ url: urlFor('content'), schema: 'content', migrations: outboxMigrations });
  const crash = async () => {
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
  };
  const restart = async () => {
    server = await start();
  };
  return {
    urlFor,
    adminUrl: adminUrl.href,
    crash,
    start: restart,
    async whileAway(work) {
      await crash();
      await work().finally(restart);
    },
    // It goes with its server.
    drop: async () => undefined,
  };
}
