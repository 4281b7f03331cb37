import { createPostgresEventLog } from '@nova/events';
import { createLogger } from '@nova/runtime';
import { Kysely, PostgresDialect } from 'kysely';
import { startConsumer } from '../../src/index.ts';
import { effectHandler, group, openPool, type Tables } from './consumer-database.ts';

/**
 * Where the process kills itself: `claimed` the inbox has the event, the effect is not there; `effect` both are, neither
 * is committed; `committed` the transaction is, the offset is not; `givenUp` tried out, not set aside; `aside` set aside,
 * the offset not committed; `replayed` a letter's transaction is committed.
 */
export const failPoints = ['claimed', 'effect', 'committed', 'givenUp', 'aside', 'replayed'] as const;
export type FailPoint = (typeof failPoints)[number];

export type ConsumerChildOptions = {
  readonly url: string;
  readonly failPoint?: FailPoint;
  /** Passes of the fail-point until it kills. */
  readonly occurrence?: number;
  /** Names (`key:number`) of events whose handler refuses them. */
  readonly refused?: readonly string[];
};

if (process.argv[2]) {
  const options: ConsumerChildOptions = JSON.parse(process.argv[2]);
  let left = options.occurrence ?? 1;
  const pass = (at: FailPoint) => {
    if (at !== options.failPoint) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  const handler = effectHandler(({ key, number }) => {
    pass('claimed');
    if (options.refused?.includes(`${key}:${number}`)) throw new Error('It does not work yet.');
  });
  const log = createPostgresEventLog({ url: options.url, balanceMs: 100 });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: openPool(options.url) }) });
  const consumer = await startConsumer<Tables>({
    db,
    log,
    group,
    logger: createLogger({ service: 'child', level: 'silent' }),
    handlers: [
      {
        ...handler,
        async run(event, context) {
          await handler.run(event, context);
          pass('effect');
        },
      },
    ],
    limits: { backoff: { firstMs: 1, maxMs: 5 } },
    replayPollMs: 10,
    observer: {
      onRecord: ({ result }) => (result === 'dead_lettered' ? pass('aside') : pass('committed')),
      onGivenUp: () => pass('givenUp'),
      onReplay: () => pass('replayed'),
    },
  });
  process.send?.('ready');
  process.once('SIGTERM', async () => {
    await consumer.stop();
    await log.stop();
    process.exit(0);
  });
}
