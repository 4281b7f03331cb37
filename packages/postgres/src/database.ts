import type { Logger, Metrics } from '@nova/runtime';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { observePool } from './pool-metrics.ts';
import { requestConnections } from './request-connections.ts';

export type Database<T> = {
  readonly db: Kysely<T>;
  /** Rejects when the database does not answer. */
  check(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * Opens a pool and kysely over it. Timeouts in the pool bound connecting; the role bounds statements and locks, and a request's deadline
 * those that are run for it (see request-connections.ts).
 */
export function openDatabase<T>(options: {
  url: string;
  poolMax: number;
  applicationName: string;
  log: Logger;
  metrics?: Metrics;
}): Database<T> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    application_name: options.applicationName,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  pool.on('error', (error) => options.log.warn({ err: error }, 'an idle database connection was lost'));
  // What a connection meets within a transaction, its next statement tells; as an event nobody hears it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (options.metrics) observePool(pool, options.metrics);
  const db = new Kysely<T>({ dialect: new PostgresDialect({ pool: requestConnections(pool) }) });
  let stopping: Promise<void> | undefined;
  return {
    db,
    async check() {
      await pool.query('select 1');
    },
    stop() {
      stopping ??= db.destroy();
      return stopping;
    },
  };
}
