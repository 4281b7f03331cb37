import { AppError } from '@nova/errors';
import type { ConsumerLimits, RecordResult } from '@nova/events';
import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { sql, type Transaction } from 'kysely';
import { startConsumer } from '../../../src/index.ts';
import { type LogSource, openLogOf } from '../../_harness/log-source.ts';
import { countingHandler, type Numbered } from './effects.ts';

export type ConsumerChildOptions = {
  /** Of the role whose schema has the effects; may lead through a transaction pooler. */
  readonly url: string;
  readonly log: LogSource;
  readonly group: string;
  readonly member: string;
  /**
   * Where the process kills itself: `claimed` the inbox has the event, the effect is not there; `effect` both are, neither
   * is committed; `committed` the transaction is, the offset is not.
   */
  readonly failPoint?: { readonly at: 'claimed' | 'effect' | 'committed'; readonly occurrence: number };
  /** Stamps each effect, and holds it so long. */
  readonly holdMs?: number;
  /** The same for single events, by `key:number`. */
  readonly holdOneMs?: Readonly<Record<string, number>>;
  /** Events (`key:number`) that fail until the table `mended` has the name they stand under. */
  readonly failing?: Readonly<Record<string, readonly string[]>>;
  /** Versions that this build of the consumer knows besides the first. */
  readonly alsoVersions?: readonly number[];
  readonly limits?: Partial<ConsumerLimits>;
};

export type ConsumerNews = {
  readonly results: Readonly<Record<RecordResult, number>>;
  /** Milliseconds from the insert of an event to its handler. */
  readonly agesMs: readonly number[];
  readonly troubles: readonly string[];
};

const options: ConsumerChildOptions = JSON.parse(process.argv[2] ?? '{}');
const { group, member } = options;
const logger = createLogger({ service: member, level: 'silent' });
const results: Record<RecordResult, number> = { handled: 0, ignored: 0, duplicate: 0, dead_lettered: 0 };
let agesMs: number[] = [];
let troubles: string[] = [];
let left = options.failPoint?.occurrence ?? 0;

function pass(at: string): void {
  if (at !== options.failPoint?.at) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

function tell(): void {
  process.send?.({ results, agesMs, troubles } satisfies ConsumerNews);
  agesMs = [];
  troubles = [];
}

const failing = new Map(
  Object.entries(options.failing ?? {}).flatMap(([name, events]) => events.map((event) => [event, name])),
);

async function failUnlessMended({ key, number }: Numbered, tx: Transaction<unknown>): Promise<void> {
  const name = failing.get(`${key}:${number}`);
  if (name === undefined) return;
  const { rows } = await sql`select from mended where name = ${name}`.execute(tx);
  if (rows.length === 0) throw new AppError('INTERNAL_ERROR', `It needs ${name}.`);
}

const handler = countingHandler({
  group,
  async before(event, tx) {
    pass('claimed');
    await failUnlessMended(event, tx);
  },
  after: () => pass('effect'),
  ...(options.holdMs === undefined
    ? {}
    : {
        stamp: {
          member,
          holdMs: ({ key, number }: Numbered) => options.holdOneMs?.[`${key}:${number}`] ?? options.holdMs ?? 0,
        },
      }),
});

/** Newer versions say the same in this world. */
const knowing: typeof handler = {
  ...handler,
  versions: new Set([...handler.versions, ...(options.alsoVersions ?? [])]),
  run: (event, context) => handler.run({ ...event, version: 1 }, context),
};

const log = openLogOf(options.log);
const database = openDatabase<unknown>({ url: options.url, poolMax: 6, applicationName: member, log: logger });
const consumer = await startConsumer({
  db: database.db,
  log,
  group,
  logger,
  handlers: [knowing],
  limits: { backoff: { firstMs: 50, maxMs: 1_000 }, ...options.limits },
  replayPollMs: 50,
  observer: {
    onRecord({ result }) {
      results[result] += 1;
      pass('committed');
    },
    onAge: ({ seconds }) => void agesMs.push(seconds * 1000),
    onTrouble: ({ what, error }) => void troubles.push(`${what} ${error ?? ''}`),
    onRetry: ({ error }) => void troubles.push(`retry: ${error}`),
    onBackgroundFailure: ({ what, error }) => void troubles.push(`${what}: ${error}`),
  },
});
setInterval(tell, 50).unref();

process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  await consumer.stop();
  await log.stop();
  await database.stop();
  tell();
  process.exit(0);
});
