import { Socket } from 'node:net';
import type { EventLog } from '@nova/events';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { keepHouse } from '../../src/housekeeping.ts';
import { type RelayLimits, type RelayStep, startRelay } from '../../src/index.ts';
import { type LogSource, openLogOf } from './log-source.ts';

/** Where the process kills itself: a step of the relay, or within a send (`handed`: its bytes left us, `appended`: the log has it). */
export type FailPoint = {
  readonly at: RelayStep | 'handed' | 'appended';
  readonly occurrence: number;
  /** SIGSTOP makes it stand still there, until somebody sends SIGCONT. By default SIGKILL. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
};

export type RelayChildOptions = {
  readonly url: string;
  readonly schema: string;
  /** By default the log in the same database. */
  readonly log?: LogSource;
  readonly limits?: Partial<RelayLimits>;
  readonly failPoint?: FailPoint;
  /** Also deletes what is past its retention in the inbox, and in the log in PostgreSQL, again and again. */
  readonly keepsHouse?: boolean;
};

export type RelayNews =
  /** `clock` is what the process takes for the time. */
  | { readonly kind: 'started'; readonly clock: number }
  | { readonly kind: 'ownership'; readonly shards: number; readonly members: number }
  | {
      readonly kind: 'published';
      readonly rows: number;
      readonly longestMs: number;
      readonly latenciesMs: readonly number[];
    }
  | { readonly kind: 'step'; readonly step: RelayStep }
  | { readonly kind: 'retry'; readonly cause: string }
  | { readonly kind: 'trouble'; readonly cause: string };

const options: RelayChildOptions = JSON.parse(process.argv[2] ?? '{}');
let left = options.failPoint?.occurrence ?? 0;

function pass(at: FailPoint['at']): void {
  if (at !== options.failPoint?.at) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, options.failPoint.signal ?? 'SIGKILL');
}

function tell(news: RelayNews): void {
  process.send?.(news);
}

/** The real log, with fail-points around each send. */
function dangerous(log: EventLog): EventLog {
  return {
    ...log,
    async openProducer() {
      const producer = await log.openProducer();
      return {
        stop: () => producer.stop(),
        async send(records) {
          const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
          if (options.failPoint?.at === 'handed') onceWritten(bytes / 8, () => pass('handed'));
          await producer.send(records);
          pass('appended');
        },
      };
    },
  };
}

/** When so many bytes have been given to the system in one piece: the log will have them though we are gone. */
function onceWritten(bytes: number, then: () => void): void {
  const { write } = Socket.prototype;
  Socket.prototype.write = function (this: Socket, ...given: Parameters<typeof write>) {
    const isLarge = typeof given[0] !== 'string' && given[0].byteLength >= bytes;
    if (isLarge) {
      Socket.prototype.write = write;
      // What else is written in this turn belongs to the same request.
      setImmediate(then);
    }
    return write.apply(this, given);
  } as typeof write;
}

tell({ kind: 'started', clock: Date.now() });
const log = openLogOf(options.log ?? { kind: 'postgres', url: options.url });
const relay = startRelay({
  directUrl: options.url,
  schema: options.schema,
  log: dangerous(log),
  limits: options.limits,
  observer: {
    onStep(step) {
      if (step !== 'selected' && step !== 'acknowledged') tell({ kind: 'step', step });
      pass(step);
    },
    onOwnership: (ownership) => tell({ kind: 'ownership', ...ownership }),
    onPublished: ({ rows, latenciesMs }) =>
      tell({ kind: 'published', rows, longestMs: Math.max(...latenciesMs), latenciesMs }),
    onRetry: ({ error }) => tell({ kind: 'retry', cause: String(error) }),
    onTrouble: ({ error }) => tell({ kind: 'trouble', cause: String(error) }),
  },
});
if (options.keepsHouse) void keepHouseForEver();

async function keepHouseForEver(): Promise<void> {
  const pool = new pg.Pool({ connectionString: options.url, max: 1, application_name: 'housekeeping' });
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  for (;;) {
    if ('sweep' in log && typeof log.sweep === 'function') await log.sweep();
    await keepHouse(db);
  }
}

process.once('disconnect', () => process.exit(1));
process.once('SIGTERM', async () => {
  await relay.stop();
  await log.stop();
  process.exit(0);
});
