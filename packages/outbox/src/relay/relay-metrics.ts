import type { Metrics } from '@nova/runtime';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { RelayObserver } from './relay-observer.ts';

/** Counts what a relay of this process does. The state of the outbox itself is `observeOutbox`'s. */
export function observeRelay(metrics: Metrics): RelayObserver {
  const registers = [metrics];
  const latency = new Histogram({
    name: 'outbox_publish_latency_seconds',
    help: 'From the insert of an event into the outbox to the acknowledgement by the event log.',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const published = new Counter({
    name: 'outbox_published_total',
    help: 'Events by what became of their sending: acknowledged, refused (tried again alone, its key waits), parked (its key waits for an operator). Sends that failed because the log was away count once as unavailable, however many events they held.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['acknowledged', 'refused', 'parked', 'unavailable']) published.inc({ result }, 0);
  const shards = new Gauge({
    name: 'outbox_relay_shards',
    help: 'Shards of the outbox that this relay owns. The sum over all relays of a schema is 16, but for seconds of hand-over.',
    registers,
  });
  const connected = new Gauge({
    name: 'outbox_relay_connected',
    help: 'Whether this relay has its session of the database (1) or tries to get one (0).',
    registers,
  });
  return {
    onPublished({ rows, latenciesMs }) {
      published.inc({ result: 'acknowledged' }, rows);
      for (const latencyMs of latenciesMs) latency.observe(latencyMs / 1000);
    },
    onRetry: ({ refused }) => published.inc({ result: refused ? 'refused' : 'unavailable' }),
    onParked: () => published.inc({ result: 'parked' }),
    onOwnership: (ownership) => shards.set(ownership.shards),
    onConnected: (isConnected) => connected.set(isConnected ? 1 : 0),
  };
}
