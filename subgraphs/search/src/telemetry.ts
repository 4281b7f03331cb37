import type { Metrics } from '@nova/runtime';
import { Histogram } from 'prom-client';

/** What search tells its operators. */
export type Telemetry = {
  /** The index has what an event told of, but for the commit. */
  indexed(type: string, occurredAt: Date): void;
};

export function createTelemetry(metrics: Metrics): Telemetry {
  const lagSeconds = new Histogram({
    name: 'search_index_lag_seconds',
    help: "From the transaction that wrote an event until the index had what it tells of, by this process's clock: how stale search is.",
    labelNames: ['type'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3600],
    registers: [metrics],
  });
  return {
    indexed: (type, occurredAt) => lagSeconds.observe({ type }, Math.max(0, Date.now() - occurredAt.getTime()) / 1000),
  };
}
