import { join } from 'node:path';
import { eventLogSchema, provisionDatabase, roleName } from '@nova/postgres';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@nova/postgres/embedded';
import { withProgress } from '../bootstrap/progress.mjs';
import { keepRunning } from './keep-running.ts';
import type { Keys } from './keys.ts';
import type { LogPrinter } from './log-printer.ts';
import type { LauncherOptions } from './options.ts';
import type { ProcessTable } from './process-table.ts';

const database = 'nova';

export type LauncherDatabase = {
  /** Whether there was no data before. */
  readonly isNew: boolean;
  /** URL of the role that owns a schema: a domain's or the event log's. */
  urlFor(schema: string): string;
  stop(): Promise<void>;
};

type Context = {
  readonly options: LauncherOptions;
  readonly domains: readonly string[];
  readonly keys: Keys;
  readonly table: ProcessTable;
  readonly logs: LogPrinter;
};

/** Starts PostgreSQL on the instance's port, with a role and a schema for each domain, and brings it back when it dies. */
export async function startDatabase(context: Context): Promise<LauncherDatabase> {
  const { domains, keys } = context;
  const server = await withProgress({ title: 'starting PostgreSQL', done: 'PostgreSQL' }, () => startServer(context));
  const passwordOf = (schema: string) => keys.databasePasswords[schema] ?? '';
  try {
    await provisionDatabase({
      adminUrl: server.adminUrl,
      database,
      domains: domains.map((name) => ({ name, password: passwordOf(name) })),
      eventLogPassword: passwordOf(eventLogSchema),
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const isNew = !server.reused;
  const { urlFor } = server;
  const kept = keepRunning({
    name: 'postgres',
    running: server,
    start: () => startServer(context),
    logs: context.logs,
  });
  return {
    isNew,
    urlFor: (schema) => urlFor({ database, user: roleName(schema), password: passwordOf(schema) }),
    stop: kept.stop,
  };
}

async function startServer({ options, table, logs }: Context): Promise<EmbeddedPostgres> {
  let started = false;
  const server = await startEmbeddedPostgres({
    dataDir: join(options.dataDir, 'postgres'),
    port: options.port + 95,
    onLog: (line) => {
      if (options.verbose || (started && /\b(FATAL|PANIC):/.test(line))) logs.line('postgres', line);
    },
  });
  started = true;
  void server.exited.then(table.add({ name: 'postgres', pid: server.pid }));
  return server;
}
