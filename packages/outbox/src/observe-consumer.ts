import type { ConsumerObserver, EventLog } from '@nova/events';
import type { Metrics } from '@nova/runtime';
import type { Kysely } from 'kysely';
import { Counter, Histogram } from 'prom-client';
import { observeDeadLetters } from './dead-letter-metrics.ts';
import { observeLag } from './lag-metrics.ts';
import type { ReplayObserver } from './replay-observer.ts';

/** What one group consumes, and where it keeps what it set aside. */
export type ObservedConsumer = {
  readonly db: Kysely<unknown>;
  readonly log: EventLog;
  readonly group: string;
  readonly topics: readonly string[];
};

type SharedMetrics = {
  /** The groups of this process that run now. */
  readonly consumers: Set<ObservedConsumer>;
  readonly observer: ConsumerObserver & ReplayObserver;
  remove(): void;
};

const sharedByRegistry = new WeakMap<Metrics, SharedMetrics>();

/**
 * The metrics of a consumer, which it shares with other groups of the registry. Gauges are read from the database and the log
 * when scraped. `remove` takes the group out again, and the metrics with the last one.
 */
export function observeConsumer(
  metrics: Metrics,
  consumer: ObservedConsumer,
): { observer: ConsumerObserver & ReplayObserver; remove: () => void } {
  const shared = sharedByRegistry.get(metrics) ?? createShared(metrics);
  sharedByRegistry.set(metrics, shared);
  shared.consumers.add(consumer);
  return {
    observer: shared.observer,
    remove() {
      shared.consumers.delete(consumer);
      if (shared.consumers.size > 0) return;
      shared.remove();
      sharedByRegistry.delete(metrics);
    },
  };
}

function createShared(metrics: Metrics): SharedMetrics {
  const consumers = new Set<ObservedConsumer>();
  const before = new Set(metrics.getMetricsAsArray().map(({ name }) => name));
  observeDeadLetters(metrics, consumers);
  observeLag(metrics, consumers);
  const observer = createObserver(metrics);
  const added = metrics.getMetricsAsArray().filter(({ name }) => !before.has(name));
  return { consumers, observer, remove: () => added.forEach(({ name }) => void metrics.removeSingleMetric(name)) };
}

function createObserver(metrics: Metrics): ConsumerObserver & ReplayObserver {
  const counters = createCounters(metrics);
  const { handleSeconds, ageSeconds } = createHistograms(metrics);
  return {
    onDelivery: ({ group, topic, redelivered }) => counters.redeliveries.inc({ group, topic }, redelivered),
    onRecord({ group, record: { topic }, result, seconds }) {
      counters.events.inc({ group, topic, result });
      handleSeconds.observe({ group, topic }, seconds);
    },
    onAge: ({ group, record: { topic }, seconds }) => ageSeconds.observe({ group, topic }, Math.max(0, seconds)),
    onRetry: ({ group, record: { topic }, retryable }) =>
      counters.retries.inc({ group, topic, reason: retryable ? 'waiting' : 'failing' }),
    onTrouble: ({ group }) => counters.trouble.inc({ group }),
    onReplay: ({ group, outcome }) => counters.replays.inc({ group, outcome }),
  };
}

function createCounters(metrics: Metrics) {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [metrics] });
  return {
    events: counter(
      'consumer_events_total',
      'Events done with. handled: had their effect; ignored: not wanted by this group; duplicate: redelivered and absorbed by the inbox; dead_lettered: set aside.',
      ['group', 'topic', 'result'],
    ),
    redeliveries: counter(
      'consumer_redeliveries_total',
      'Records that came to this process again, after a rebalance or a lost commit. Harmless: the inbox absorbs them; steady growth says that the group does not settle.',
      ['group', 'topic'],
    ),
    retries: counter(
      'consumer_retries_total',
      'Tries that failed and are repeated. waiting: something the handler needs is away, its partition stands still until it is back; failing: the event itself fails and is set aside after five tries.',
      ['group', 'topic', 'reason'],
    ),
    trouble: counter(
      'consumer_trouble_total',
      'Lost connections, rebalances and failed commits, mended without help. The log says which.',
      ['group'],
    ),
    replays: counter(
      'dead_letter_replays_total',
      'Dead letters replayed. replayed: had their effect now; duplicate: had had it before; failed: wait again with a new cause.',
      ['group', 'outcome'],
    ),
  };
}

function createHistograms(metrics: Metrics) {
  return {
    handleSeconds: new Histogram({
      name: 'consumer_handle_seconds',
      help: 'From the first try of an event until it was done with, waits for what was away included.',
      labelNames: ['group', 'topic'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
      registers: [metrics],
    }),
    ageSeconds: new Histogram({
      name: 'consumer_event_age_seconds',
      help: "From the transaction that wrote an event until its handler began, by the database's clock: how stale what this group writes is.",
      labelNames: ['group', 'topic'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3600],
      registers: [metrics],
    }),
  };
}
