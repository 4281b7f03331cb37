import { type BreakerState, breakerValues } from '@nova/resilience';
import type { Metrics } from '@nova/runtime';
import { Counter, Gauge } from 'prom-client';

export type Tier = 'memory' | 'redis';
export type TierResult = 'hit' | 'miss' | 'skipped';
export type SharedCommand = 'look' | 'keep' | 'purge';

export type ReadCacheEvents = {
  looked(lookup: { cache: string; tier: Tier; result: TierResult; count: number }): void;
  failed(command: SharedCommand): void;
};

export function observeReadCaches(registry: Metrics): ReadCacheEvents {
  const registers = [registry];
  const lookups = new Counter({
    name: 'cache_lookups_total',
    help: 'Keys looked for, by cache, tier (memory, then redis for what it lacks) and result: hit, miss, skipped (the tier was away, or may not be trusted for the key).',
    labelNames: ['cache', 'tier', 'result'],
    registers,
  });
  const failures = new Counter({
    name: 'cache_redis_failures_total',
    help: 'Commands of the caches that Redis did not answer in time, by command: look, keep or purge.',
    labelNames: ['command'],
    registers,
  });
  return {
    looked({ count, ...labels }) {
      if (count > 0) lookups.inc(labels, count);
    },
    failed: (command) => failures.inc({ command }),
  };
}

export function observeRedisBreaker(registry: Metrics, state: () => BreakerState): void {
  const gauge: Gauge = new Gauge({
    name: 'circuit_breaker_state',
    help: 'Breaker around Redis: 0 closed, 1 half-open, 2 open.',
    labelNames: ['target'],
    registers: [registry],
    collect: () => gauge.set({ target: 'redis' }, breakerValues[state()]),
  });
}
