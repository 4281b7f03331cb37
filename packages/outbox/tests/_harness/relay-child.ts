import { createPostgresEventLog, type EventLog } from '@nova/events';
import { type RelayLimits, type RelayStep, startRelay } from '../../src/index.ts';

/** Where the process kills itself: a step of the relay, or within a send (`handed`: under way, `appended`: the log has it). */
export type FailPoint = { readonly at: RelayStep | 'handed' | 'appended'; readonly occurrence: number };

export type RelayChildOptions = {
  readonly url: string;
  readonly schema: string;
  readonly limits?: Partial<RelayLimits>;
  readonly failPoint?: FailPoint;
};

export type RelayNews =
  | { readonly kind: 'ownership'; readonly shards: number; readonly members: number }
  | { readonly kind: 'published'; readonly rows: number }
  | { readonly kind: 'step'; readonly step: RelayStep };

const options: RelayChildOptions = JSON.parse(process.argv[2] ?? '{}');
let left = options.failPoint?.occurrence ?? 0;

function pass(at: FailPoint['at']): void {
  if (at !== options.failPoint?.at) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
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
          const sent = producer.send(records);
          setImmediate(() => pass('handed'));
          await sent;
          pass('appended');
        },
      };
    },
  };
}

const log = createPostgresEventLog({ url: options.url });
const relay = startRelay({
  directUrl: options.url,
  schema: options.schema,
  log: dangerous(log),
  limits: options.limits,
  observer: {
    onStep(step) {
      if (step === 'selecting' || step === 'sending') tell({ kind: 'step', step });
      pass(step);
    },
    onOwnership: (ownership) => tell({ kind: 'ownership', ...ownership }),
    onPublished: ({ rows }) => tell({ kind: 'published', rows }),
  },
});

process.once('SIGTERM', async () => {
  await relay.stop();
  await log.stop();
  process.exit(0);
});
