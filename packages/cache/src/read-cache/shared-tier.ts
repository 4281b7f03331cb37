import type { Breaker } from '@nova/resilience';
import { LRUCache } from 'lru-cache';
import type { Redis } from '../redis.ts';
import { createLeases } from './leases.ts';
import type { ReadCacheEvents } from './metrics.ts';

/** What the shared tier has of some keys. */
export type Looked = {
  readonly values: ReadonlyMap<string, string>;
  /** Of keys that have no value, to keep one under. */
  readonly leases: ReadonlyMap<string, string>;
};

/** Texts of one cache that all processes share. No method rejects: who asks can do without. */
export type SharedTier = {
  /** A key that is in neither map was not looked for. */
  look(keys: readonly string[]): Promise<Looked>;
  /** Returns at once. Values without a lease are not kept. */
  keep(values: ReadonlyMap<string, string>, leases: Looked['leases']): void;
  /** From when it resolves, nothing that was read before is served of these keys: with false, by this process alone. */
  purge(keys: readonly string[]): Promise<boolean>;
  /** Others have purged them. */
  wasPurged(keys: readonly string[]): void;
  /** Purges what could not be purged in time; resolves to that. */
  catchUp(): Promise<readonly string[]>;
};

export type SharedTierOptions = {
  readonly redis: Redis;
  readonly breaker: Breaker;
  /** Before each key. One slot of a Redis Cluster holds all of a cache, since a look is one command. */
  readonly prefix: string;
  readonly lifeMs: number;
  readonly failed: ReadCacheEvents['failed'];
};

const maxOwed = 10_000;
const maxLength = 65_536;

export function createSharedTier({ redis, breaker, prefix, lifeMs, failed }: SharedTierOptions): SharedTier {
  const leases = createLeases(redis);
  const named = (keys: readonly string[]) => keys.map((key) => prefix + key);
  /** Purges that did not arrive. What the tier has of these keys is not trusted as long as it may live. */
  const owed = new LRUCache<string, true>({ max: maxOwed, ttl: lifeMs });
  const attempt = <T>(command: 'look' | 'keep', work: () => Promise<T>): Promise<T | undefined> => {
    const counted = () =>
      work().catch((error: unknown) => {
        failed(command);
        throw error;
      });
    return breaker.run(counted).catch(() => undefined);
  };
  const tier: SharedTier = {
    async look(keys) {
      const trusted = keys.filter((key) => !owed.has(key));
      const held = trusted.length > 0 ? await attempt('look', () => leases.look(named(trusted))) : undefined;
      const looked = { values: new Map<string, string>(), leases: new Map<string, string>() };
      for (const [at, each] of (held ?? []).entries()) {
        const key = trusted[at] as string;
        if ('value' in each) looked.values.set(key, each.value);
        else looked.leases.set(key, each.lease);
      }
      return looked;
    },
    keep(values, leased) {
      const loaded = [...values].flatMap(([key, value]) => {
        const lease = leased.get(key);
        return lease === undefined || value.length > maxLength ? [] : [{ key: prefix + key, lease, value }];
      });
      if (loaded.length > 0) void attempt('keep', () => leases.keep(loaded, lifeMs));
    },
    // Past the breaker: an old value costs more than the wait.
    async purge(keys) {
      try {
        await leases.purge(named(keys));
        tier.wasPurged(keys);
        return true;
      } catch {
        failed('purge');
        for (const key of keys) owed.set(key, true);
        return false;
      }
    },
    wasPurged(keys) {
      for (const key of keys) owed.delete(key);
    },
    async catchUp() {
      const keys = [...owed.keys()];
      return keys.length > 0 && (await tier.purge(keys)) ? keys : [];
    },
  };
  return tier;
}
