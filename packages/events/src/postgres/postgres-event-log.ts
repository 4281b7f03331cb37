import { waitFor } from '@nova/resilience';
import pg from 'pg';
import type { EventLog } from '../event-log.ts';
import { type BatchLimit, insertTopics, selectLag } from './log-tables.ts';
import { startPostgresConsumer } from './postgres-consumer.ts';
import { openPostgresProducer } from './postgres-producer.ts';
import { sweepRetention } from './retention.ts';

export type PostgresEventLogOptions = {
  /** Direct, not a transaction pooler's: sessions hold locks and listen. */
  readonly url: string;
  readonly applicationName?: string;
  /** Connecting, and each statement. */
  readonly timeoutMs?: number;
  /** How often members share out the partitions, and look for what no notification told of. */
  readonly balanceMs?: number;
  /** After so long without a sign of life a member loses its partitions. Well over `balanceMs`. */
  readonly idleTimeoutMs?: number;
  /** How often consumers delete what is older than its topic keeps it. */
  readonly sweepMs?: number;
  readonly batchLimit?: BatchLimit;
};

export type PostgresEventLog = EventLog & {
  /** Deletes what is older than its topic keeps it and returns how many records those were; consumers do it by themselves. */
  sweep(): Promise<number>;
};

type Stoppable = { stop(): Promise<void> };

/** The event log in the tables of the schema `event_log`, which `eventLogMigrations` made. */
export function createPostgresEventLog(options: PostgresEventLogOptions): PostgresEventLog {
  const { url, applicationName = 'nova event log', timeoutMs = 10_000, balanceMs = 1_000 } = options;
  const { idleTimeoutMs = 15_000, sweepMs = 60_000, batchLimit = { records: 1_000, bytes: 1_048_576 } } = options;
  const stopping = new AbortController();
  const session = { url, applicationName, timeoutMs, abandon: stopping.signal };
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    keepAlive: true,
  });
  // The pool replaces a lost connection; whoever needs one hears of it.
  pool.on('error', () => undefined);
  const opened = new Set<Stoppable>();

  const kept = <T extends Stoppable>(part: T): T => {
    opened.add(part);
    return {
      ...part,
      async stop() {
        await part.stop();
        opened.delete(part);
      },
    };
  };

  async function sweepRegularly(until: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
    while (!until.aborted) {
      await waitFor(sweepMs, until);
      if (until.aborted) return;
      await sweepRetention({ ...session, abandon: until }).catch((error) => {
        if (!until.aborted) onFailure(error);
      });
    }
  }

  let stopped: Promise<void> | undefined;
  async function stopAll(): Promise<void> {
    stopping.abort();
    await Promise.all([...opened].map((part) => part.stop()));
    await pool.end();
  }

  return {
    kind: 'postgres',
    ensureTopics: (topics) => insertTopics(pool, topics),
    async openProducer() {
      return kept(await openPostgresProducer(session));
    },
    async consume(wanted) {
      const consumer = startPostgresConsumer({ ...wanted, session, balanceMs, idleTimeoutMs, limit: batchLimit });
      const over = new AbortController();
      const sweeping = sweepRegularly(AbortSignal.any([over.signal, stopping.signal]), (error) =>
        wanted.onTrouble?.({ what: 'old records could not be deleted', error }),
      );
      const whole = kept({
        async stop() {
          over.abort();
          await Promise.all([consumer.stop(), sweeping]);
        },
      });
      await consumer.begun;
      return whole;
    },
    lag: (group, topics) => selectLag(pool, group, topics),
    async check() {
      await pool.query('select from event_log.topics limit 1');
    },
    sweep: () => sweepRetention(session),
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
  };
}
