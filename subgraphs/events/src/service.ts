import { openRedis } from '@nova/cache';
import type { Logger, Metrics, StopStack } from '@nova/runtime';
import { type RequestContext, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { CacheLocation, Config } from './config.ts';
import { createConsumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import { createGatewayPurge } from './purges/gateway-purge.ts';
import type { PurgeCaches } from './purges/purge.ts';
import { observePurges } from './purges/purge-metrics.ts';
import { createRedisPurge } from './purges/redis-purge.ts';

/** Starts events: what others keep is purged when an event made it old. */
export function createEventsService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, RequestContext>({
    name: 'events',
    config,
    overrides,
    build({ log, metrics, stack }) {
      const purge = openPurge(config.cache, { log, metrics, stack });
      if (!purge) log.warn('neither REDIS_URL nor GATEWAY_PURGE_URLS is set: no cache is purged');
      return purge ? { consumers: createConsumers(purge), group: 'cache-purges' } : {};
    },
  });
}

type Parts = { readonly log: Logger; readonly metrics: Metrics; readonly stack: StopStack };

function openPurge(cache: CacheLocation | undefined, { log, metrics, stack }: Parts): PurgeCaches | undefined {
  if (!cache) return undefined;
  const { purged, missed } = observePurges(metrics, log);
  if (cache.kind === 'gateways') return createGatewayPurge({ ...cache, purged, missed });
  const redis = openRedis({ url: cache.url, name: 'nova-events', metrics });
  stack.add('redis', async () => redis.stop());
  return createRedisPurge({ redis: redis.client, purged });
}
