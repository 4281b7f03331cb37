import type { ConsumerObserver, EventLog } from '@nova/events';
import type { Metrics } from '@nova/runtime';
import type { Kysely } from 'kysely';
import { Counter, Histogram } from 'prom-client';
import { observeDeadLetters } from './dead-letter-metrics.ts';
import { observeLag } from './lag-metrics.ts';
import type { ReplayObserver } from './replay-observer.ts';

/**
 * The metrics of one consumer; a registry has room for one at a time. Gauges are read from the database and the log when
 * scraped. `remove` takes them out of the registry again.
 */
export function observeConsumer<Tables>(
  metrics: Metrics,
  consumer: { db: Kysely<Tables>; log: EventLog; group: string; topics: readonly string[] },
): { observer: ConsumerObserver & ReplayObserver; remove: () => void } {
  const before = new Set(metrics.getMetricsAsArray().map(({ name }) => name));
  observeDeadLetters(metrics, consumer);
  observeLag(metrics, consumer);
  const counters = createCounters(metrics);
  const { handleSeconds, ageSeconds } = createHistograms(metrics);
  const added = metrics.getMetricsAsArray().filter(({ name }) => !before.has(name));
  const observer: ConsumerObserver & ReplayObserver = {
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
  return { observer, remove: () => added.forEach(({ name }) => void metrics.removeSingleMetric(name)) };
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
