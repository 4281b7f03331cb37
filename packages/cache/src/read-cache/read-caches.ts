import { AppError } from '@nova/errors';
import { type Breaker, createBreaker } from '@nova/resilience';
import type { Metrics } from '@nova/runtime';
import { openRedis, type RedisConnection } from '../redis.ts';
import { subscribe } from '../subscription.ts';
import { observeReadCaches, observeRedisBreaker, type ReadCacheEvents } from './metrics.ts';
import { createReadCache, type OpenReadCache, type ReadCache, type ReadCacheOptions } from './read-cache.ts';
import type { ReadCacheSettings } from './settings.ts';
import { createSharedTier } from './shared-tier.ts';

export type ReadCaches = {
  /** Each name once. */
  open<V extends NonNullable<unknown>>(options: ReadCacheOptions<V>): ReadCache<V>;
  stop(): void;
};

type Options = { readonly service: string; readonly settings: ReadCacheSettings; readonly metrics: Metrics };

const memoryMs = 10_000;
const sharedMs = 120_000;

/** The caches of a service: in the process, and in Redis where that is set. */
export function openReadCaches({ service, settings, metrics }: Options): ReadCaches {
  if (!settings.isOn)
    return { open: () => ({ getMany: (keys, load) => load(keys), purge: async () => {} }), stop() {} };
  const events = observeReadCaches(metrics);
  if (settings.redisUrl === undefined) return inProcess(events);
  const connection = openRedis({ url: settings.redisUrl, name: `nova-${service}`, metrics });
  const breaker = createBreaker({
    failures: 3,
    successes: 1,
    openMs: 1_000,
    isFailure: () => true,
    refusal: () => new AppError('SERVICE_UNAVAILABLE', 'Redis does not answer.'),
  });
  observeRedisBreaker(metrics, () => breaker.state);
  return inRedis(service, { connection, breaker, events });
}

function inProcess(events: ReadCacheEvents): ReadCaches {
  const tiers = { memoryMs, shared: undefined, isHearing: () => true, tellOthers: async () => {}, events };
  return { open: (options) => createReadCache(options, tiers), stop() {} };
}

type Shared = { readonly connection: RedisConnection; readonly breaker: Breaker; readonly events: ReadCacheEvents };

function inRedis(service: string, { connection, breaker, events }: Shared): ReadCaches {
  const redis = connection.client;
  const channel = `nova:purges:${service}`;
  const caches = new Map<string, Omit<OpenReadCache<never>, 'getMany'>>();
  let isHearing = false;
  const stopHearing = subscribe(connection, channel, {
    onMessage(text) {
      const purge = parsePurge(text);
      if (purge) caches.get(purge.cache)?.wasPurged(purge.keys);
    },
    onHearing() {
      for (const cache of caches.values()) cache.clear();
      isHearing = true;
    },
    onDeaf() {
      isHearing = false;
    },
  });
  redis.on('ready', () => {
    for (const cache of caches.values()) void cache.catchUp();
  });
  return {
    open(options) {
      const { name } = options;
      const cache = createReadCache(options, {
        memoryMs,
        shared: createSharedTier({
          redis,
          breaker,
          prefix: `nova:{${service}:${name}}:`,
          lifeMs: sharedMs,
          failed: events.failed,
        }),
        isHearing: () => isHearing,
        tellOthers: (keys) => redis.publish(channel, JSON.stringify({ cache: name, keys })).then(ignore, ignore),
        events,
      });
      caches.set(name, cache);
      return cache;
    },
    stop() {
      stopHearing();
      connection.stop();
    },
  };
}

function ignore(): void {}

type Purge = { readonly cache: string; readonly keys: readonly string[] };

function parsePurge(text: string): Purge | undefined {
  try {
    const { cache, keys } = JSON.parse(text) ?? {};
    return typeof cache === 'string' && Array.isArray(keys) ? { cache, keys } : undefined;
  } catch {
    return undefined;
  }
}
