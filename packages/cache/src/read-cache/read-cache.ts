import { LRUCache } from 'lru-cache';
import { createFlights, type Find } from './flights.ts';
import type { ReadCacheEvents } from './metrics.ts';
import type { SharedTier } from './shared-tier.ts';

/** Rows by id, the same for whoever asks. */
export type ReadCache<V extends NonNullable<unknown>> = {
  /**
   * The values of those keys that have one. What is not kept is loaded with one call, unless it is being loaded already.
   * Throws what `load` throws; Redis is never a reason.
   */
  getMany(keys: readonly string[], load: Find<V>): Promise<ReadonlyMap<string, V>>;
  /**
   * To be called after the commit of what changed the rows. From when it resolves this process serves nothing that was read
   * before it was called; others stop as soon as they hear of it. Never rejects.
   */
  purge(keys: readonly string[]): Promise<void>;
};

export type ReadCacheOptions<V> = {
  readonly name: string;
  /** Makes a value of its JSON. Throws for what is none: another version of the service may have written it. */
  readonly read: (json: unknown) => V;
};

export type Tiers = {
  readonly memoryMs: number;
  readonly shared: SharedTier | undefined;
  /** Whether this process hears at once what others purge. */
  readonly isHearing: () => boolean;
  readonly tellOthers: (keys: readonly string[]) => Promise<void>;
  readonly events: ReadCacheEvents;
};

export type OpenReadCache<V extends NonNullable<unknown>> = ReadCache<V> & {
  /** Somebody has purged these keys. */
  wasPurged(keys: readonly string[]): void;
  /** Purges may have been missed: nothing that this process read before is served. */
  clear(): void;
  /** Purges what could not be purged in time. */
  catchUp(): Promise<void>;
};

const maxEntries = 5_000;

export function createReadCache<V extends NonNullable<unknown>>(
  options: ReadCacheOptions<V>,
  tiers: Tiers,
): OpenReadCache<V> {
  const { shared, isHearing, tellOthers, events } = tiers;
  const memory = new LRUCache<string, V>({ max: maxEntries, ttl: tiers.memoryMs });
  const flights = createFlights<V>((key, value) => {
    if (isHearing()) memory.set(key, value);
  });
  const forget = (keys: readonly string[]): void => {
    for (const key of keys) memory.delete(key);
    flights.forget(keys);
  };
  return {
    async getMany(keys, load) {
      const wanted = [...new Set(keys)];
      const found = new Map<string, V>();
      if (isHearing()) for (const key of wanted) setIfFound(found, key, memory.get(key));
      const others = wanted.filter((key) => !found.has(key));
      const missed = { cache: options.name, tier: 'memory', count: others.length } as const;
      events.looked({ ...missed, result: 'hit', count: found.size });
      events.looked({ ...missed, result: isHearing() ? 'miss' : 'skipped' });
      if (others.length === 0) return found;
      const find = shared ? findIn(shared, { ...options, events, load }) : load;
      return new Map([...found, ...(await flights.get(others, find))]);
    },
    async purge(keys) {
      if (keys.length === 0) return;
      forget(keys);
      // In this order on one connection: who hears of it finds nothing old in the shared tier.
      await Promise.all([shared?.purge(keys), tellOthers(keys)]);
      // Again, for what the shared tier still had may have been taken from there meanwhile.
      forget(keys);
    },
    wasPurged(keys) {
      shared?.wasPurged(keys);
      forget(keys);
    },
    clear() {
      memory.clear();
      flights.clear();
    },
    async catchUp() {
      const keys = (await shared?.catchUp()) ?? [];
      if (keys.length > 0) await tellOthers(keys);
    },
  };
}

type Source<V> = ReadCacheOptions<V> & { readonly events: ReadCacheEvents; readonly load: Find<V> };

/** Looks in the shared tier and loads, with one call, what it lacks. */
function findIn<V>(shared: SharedTier, { name, read, events, load }: Source<V>): Find<V> {
  return async (keys) => {
    const { values, leases } = await shared.look(keys);
    const found = new Map<string, V>();
    for (const [key, text] of values) setIfFound(found, key, valueIn(text, read));
    const skipped = keys.length - values.size - leases.size;
    const looked = { cache: name, tier: 'redis' } as const;
    events.looked({ ...looked, result: 'hit', count: found.size });
    events.looked({ ...looked, result: 'miss', count: keys.length - skipped - found.size });
    events.looked({ ...looked, result: 'skipped', count: skipped });
    const missing = keys.filter((key) => !found.has(key));
    if (missing.length === 0) return found;
    const loaded = await load(missing);
    shared.keep(new Map([...loaded].map(([key, value]) => [key, JSON.stringify(value)])), leases);
    return new Map([...found, ...loaded]);
  };
}

function valueIn<V>(text: string, read: (json: unknown) => V): V | undefined {
  try {
    return read(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function setIfFound<V>(found: Map<string, V>, key: string, value: V | undefined): void {
  if (value !== undefined) found.set(key, value);
}
