import type { Logger, Metrics } from '@nova/runtime';
import { Counter, Histogram } from 'prom-client';
import type { Purge } from './purge.ts';

const seconds = [
  0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/** How old what the gateways serve may have been. */
export function observePurges(metrics: Metrics, log: Logger) {
  const registers = [metrics];
  const staleness = new Histogram({
    name: 'cache_purge_staleness_seconds',
    help: 'Time from the commit of a change to the purge of what it made old, by type of event.',
    labelNames: ['type'],
    buckets: seconds,
    registers,
  });
  const tags = new Counter({ name: 'cache_purged_tags_total', help: 'Tags that were purged.', registers });
  const misses = new Counter({
    name: 'cache_purges_missed_total',
    help: 'Purges that a gateway did not take, by its address; the next that it takes empties its cache.',
    labelNames: ['gateway'],
    registers,
  });
  return {
    purged({ tags: purged, eventType, occurredAt }: Purge) {
      tags.inc(purged.length);
      staleness.observe({ type: eventType }, Math.max(0, Date.now() - occurredAt.getTime()) / 1000);
    },
    missed({ url, error }: { readonly url: string; readonly error: unknown }) {
      misses.inc({ gateway: new URL(url).host });
      log.warn({ err: error, url }, 'a gateway did not take a purge');
    },
  };
}
