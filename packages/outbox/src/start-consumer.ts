import {
  allObservers,
  type ConsumerLimits,
  type ConsumerObserver,
  createRouter,
  declaredTopics,
  type EventCatalogue,
  type EventHandler,
  type EventLog,
  type LogRecord,
  type RecordResult,
  type Routed,
  readEventCatalogue,
  runConsumer,
  type TopicDeclaration,
} from '@nova/events';
import { type Logger, type Metrics, type Running, StopStack } from '@nova/runtime';
import type { Kysely } from 'kysely';
import { startBackgroundLoop } from './background-loop.ts';
import { ConsumerError } from './consumer-error.ts';
import { logConsumer } from './consumer-log.ts';
import { enterEvent } from './event-entry.ts';
import { type EventTransaction, inEventTransaction } from './event-transaction.ts';
import { keepHouse, resolvedLetterRetentionMs } from './housekeeping.ts';
import { inboxRetentionMs } from './inbox.ts';
import { observeConsumer } from './observe-consumer.ts';
import { causeOf, park, storeBehind } from './parking.ts';
import { replayNextLetter } from './replay-letter.ts';
import type { ReplayObserver } from './replay-observer.ts';
import { storableKey } from './storable.ts';

/** What a handler works with. */
export type HandlerContext<Tables> = EventTransaction<Tables> & { readonly log: Logger };

export type StartConsumerOptions<Tables> = {
  readonly db: Kysely<Tables>;
  readonly log: EventLog;
  /** Name of the consumer, in the log and in the inbox: never changed, or it would begin anew. */
  readonly group: string;
  readonly handlers: readonly EventHandler<HandlerContext<Tables>>[];
  readonly logger: Logger;
  readonly observer?: ConsumerObserver & ReplayObserver;
  readonly metrics?: Metrics;
  readonly catalogue?: EventCatalogue;
  readonly limits?: Partial<ConsumerLimits>;
  /** How often the replayer looks for work. */
  readonly replayPollMs?: number;
  readonly topics?: readonly TopicDeclaration[];
};

/** Fewer than the runner's own: each event needs a connection of a pool that the domain's other doors share. */
const defaultConcurrency = 4;
const replayPollMs = 1_000;
/** A replay that waits for what is away looks again after so many polls. */
const replayRetryPolls = 5;
const housekeepingMs = 60 * 60 * 1000;

/**
 * Consumes the topics of `handlers`, each event with its effect in one transaction with the inbox, so that it has the
 * effect exactly once. What cannot be handled is set aside in the database of the effects and replayed from there on
 * request; later events of its key wait behind it. Throws `ConsumerError`.
 */
export async function startConsumer<Tables>(options: StartConsumerOptions<Tables>): Promise<Running> {
  const { db, log, group, logger, metrics } = options;
  const topics = topicsOf(options);
  const route = createRouter(options.handlers, options.catalogue ?? readEventCatalogue());
  const stack = new StopStack();
  const measured = metrics && observeConsumer(metrics, { db: db as unknown as Kysely<unknown>, log, group, topics });
  if (measured) stack.add('metrics', measured.remove);
  const { live, replays } = tellAll([logConsumer(logger), measured?.observer, options.observer]);
  const work: LiveWork<Tables> = { db, group, logger, observer: live, route };
  try {
    startBackground(work, { stack, replays, pollMs: options.replayPollMs ?? replayPollMs });
    const consumer = await runConsumer({
      log,
      group,
      topics,
      observer: live,
      limits: { concurrency: defaultConcurrency, ...options.limits },
      handle: (record) => handleRecord(work, record),
      deadLetter: (record, error, tries) => park(db, { group, record, tries, ...causeOf(error) }),
    });
    stack.add('consumer', consumer.stop);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return { stop: () => stack.stop() };
}

function tellAll(told: readonly ((ConsumerObserver & ReplayObserver) | undefined)[]) {
  const replays: ReplayObserver = {
    onReplay: (replay) => told.forEach((each) => void each?.onReplay?.(replay)),
    onReplayWaits: (waits) => told.forEach((each) => void each?.onReplayWaits?.(waits)),
    onBackgroundFailure: (failure) => told.forEach((each) => void each?.onBackgroundFailure?.(failure)),
  };
  return { live: allObservers(told), replays };
}

function startBackground<Tables>(
  work: LiveWork<Tables>,
  { stack, replays, pollMs }: { stack: StopStack; replays: ReplayObserver; pollMs: number },
): void {
  const { db, group } = work;
  const replay = { db, group, observer: replays, retryMs: replayRetryPolls * pollMs, route: routeOf(work) };
  const replayer = startBackgroundLoop({
    work: async () => ({ more: await replayNextLetter(replay) }),
    idleMs: pollMs,
    onFailure: (error) => replays.onBackgroundFailure?.({ what: 'replay', error }),
  });
  stack.add('replayer', replayer.stop);
  const housekeeping = startBackgroundLoop({
    work: () => keepHouse(db),
    idleMs: housekeepingMs,
    onFailure: (error) => replays.onBackgroundFailure?.({ what: 'housekeeping', error }),
  });
  stack.add('housekeeping', housekeeping.stop);
}

type LiveWork<Tables> = {
  readonly db: Kysely<Tables>;
  readonly group: string;
  readonly logger: Logger;
  readonly observer: ConsumerObserver;
  readonly route: (value: Uint8Array) => Routed<HandlerContext<Tables>> | undefined;
};

async function handleRecord<Tables>(work: LiveWork<Tables>, record: LogRecord): Promise<RecordResult> {
  const { group, observer } = work;
  const routed = routeOf(work)(record.value);
  if (!routed) return 'ignored';
  const { event, handler } = routed;
  return inEventTransaction(work.db, async ({ tx, afterCommit }) => {
    const parkedKey = { group, topic: record.topic, key: storableKey(record.key) };
    const { kind, ageSeconds } = await enterEvent(tx, parkedKey, event);
    if (kind === 'parked') return storeBehind(tx, { group, record });
    if (kind === 'duplicate') return 'duplicate';
    observer.onAge?.({ group, record, seconds: ageSeconds });
    await handler.run(event, { tx, afterCommit });
    return 'handled';
  });
}

/** Handlers that need nothing but the transaction: what they log carries the event and the request that caused it. */
function routeOf<Tables>({ route, logger }: LiveWork<Tables>) {
  return (value: Uint8Array): Routed<EventTransaction<Tables>> | undefined => {
    const routed = route(value);
    if (!routed) return undefined;
    const { event, handler } = routed;
    const { id: eventId, type: eventType, correlationId } = event;
    const log = logger.child({ eventId, eventType, correlationId });
    return {
      event,
      handler: { ...handler, run: (encoded, transaction) => handler.run(encoded, { ...transaction, log }) },
    };
  };
}

/** Throws when these handlers cannot be served, or their events not for as long as they can come again. */
function topicsOf<Tables>({ group, handlers, topics: declared = declaredTopics }: StartConsumerOptions<Tables>) {
  const types = handlers.map(({ type }) => type);
  const twice = types.find((type, at) => types.indexOf(type) !== at);
  if (twice !== undefined) throw new ConsumerError('HANDLERS', `${group} has two handlers for "${twice}".`);
  if (types.length === 0) throw new ConsumerError('HANDLERS', `${group} has no handlers.`);
  const topics = [...new Set(handlers.map(({ topic }) => topic))];
  const remembered = Math.min(inboxRetentionMs, resolvedLetterRetentionMs);
  for (const name of topics) {
    const topic = declared.find((each) => each.name === name);
    if (!topic) throw new ConsumerError('UNDECLARED_TOPIC', `${group} consumes "${name}", which is not declared.`);
    if (topic.retentionMs >= remembered) {
      throw new ConsumerError(
        'INBOX_FORGETS_TOO_SOON',
        `${name} keeps records for ${topic.retentionMs} ms, what was done with them is remembered for ${remembered} ms only.`,
      );
    }
  }
  return topics;
}
