import type { RedisConnection } from '@nova/cache';
import { LRUCache } from 'lru-cache';
import { sha256 } from './manifest.ts';

/**
 * Texts that clients sent with their hash, so that later the hash is enough (Apollo's automatic persisted queries). They may
 * be forgotten at any time: a client that is told that an id is unknown sends the text again.
 */
export type AutomaticQueries = {
  /** `id` is the SHA-256 of the text. */
  remember(id: string, query: string): void;
  /** Never rejects: what cannot be looked up is unknown. */
  recall(id: string): Promise<string | undefined>;
};

const entryBytes = 200;
const maxTextBytes = 100_000;
const rememberMs = 24 * 3_600_000;
const keyPrefix = 'nova:apq:';

/** With Redis every gateway on it knows what one was sent, and asks for what it did not use itself lately. */
export function createAutomaticQueries(options: {
  maxBytes: number;
  redis: RedisConnection | undefined;
}): AutomaticQueries {
  const local = localQueries(options.maxBytes);
  return options.redis ? sharedQueries(local, options.redis) : local;
}

/** Of this process; what was unused for longest is forgotten first. */
function localQueries(maxBytes: number): AutomaticQueries {
  const queries = new LRUCache<string, string>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes,
    sizeCalculation: (query) => entryBytes + 2 * query.length,
    ttl: rememberMs,
  });
  return {
    remember(id, query) {
      if (Buffer.byteLength(query) <= maxTextBytes) queries.set(id, query);
    },
    recall: async (id) => queries.get(id),
  };
}

function sharedQueries(local: AutomaticQueries, redis: RedisConnection): AutomaticQueries {
  const recallShared = async (id: string): Promise<string | undefined> => {
    if (!/^[0-9a-f]{64}$/.test(id)) return undefined;
    const query = await redis.client.get(keyPrefix + id).catch(() => undefined);
    // Others can write to Redis, too.
    if (typeof query !== 'string' || sha256(query) !== id) return undefined;
    local.remember(id, query);
    return query;
  };
  return {
    remember(id, query) {
      local.remember(id, query);
      if (Buffer.byteLength(query) <= maxTextBytes)
        redis.client.set(keyPrefix + id, query, 'PX', rememberMs).catch(() => undefined);
    },
    recall: async (id) => (await local.recall(id)) ?? recallShared(id),
  };
}
