import { openRedis } from '@nova/cache';
import { readEventCatalogue } from '@nova/events';
import type { Logger, Metrics, StopStack } from '@nova/runtime';
import { type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { CacheLocation, Config } from './config.ts';
import { createGroups } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import { createDeadLetterCommands } from './dead-letters/dead-letter-commands.ts';
import type { Deps } from './deps.ts';
import { createDomainEventCommands } from './domain-events/domain-event-commands.ts';
import { listEventTypes } from './event-types/event-type-catalogue.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createLetterOwners } from './grpc/clients.ts';
import { createGatewayPurge } from './purges/gateway-purge.ts';
import type { PurgeCaches } from './purges/purge.ts';
import { observePurges } from './purges/purge-metrics.ts';
import { createRedisPurge } from './purges/redis-purge.ts';

/** Starts events: the audit trail, dead letters of all domains, and purges of what an event made old. */
export function createEventsService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'events',
    config,
    overrides,
    build({ db, log, metrics, stack }) {
      const purge = openPurge(config.cache, { log, metrics, stack });
      if (!purge) log.warn('neither REDIS_URL nor GATEWAY_PURGE_URLS is set: no cache is purged');
      const owners = createLetterOwners(config.domainAddresses);
      stack.add('clients of the domains', owners.stop);
      const catalogue = readEventCatalogue();
      const deps: Deps = {
        db,
        owners,
        eventTypes: listEventTypes(catalogue),
        deadLetters: createDeadLetterCommands({ db, owners }),
      };
      const domainEvents = createDomainEventCommands({ retentionMonths: config.auditRetentionMonths });
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        groups: createGroups({ catalogue, domainEvents, purge }),
      };
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
