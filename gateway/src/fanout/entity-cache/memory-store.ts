import { randomBytes } from 'node:crypto';
import { endedBy } from '@nova/cache';
import { LRUCache } from 'lru-cache';
import type { CacheStore } from './store.ts';

const entryBytes = 200;

/** Of this process. What was unused for longest is forgotten first; a forgotten generation has ended. */
export function createMemoryStore({ maxBytes, now }: { maxBytes: number; now: () => number }): CacheStore {
  const bounded = (share: number) =>
    new LRUCache<string, string>({
      maxSize: Math.max(1, Math.floor(maxBytes * share)),
      // Of the clock that entries say their age by.
      perf: { now },
      ttlResolution: 0,
      sizeCalculation: (value, key) => entryBytes + 2 * (key.length + value.length),
    });
  const entries = bounded(0.75);
  const generations = bounded(0.25);
  const generationOf = (tag: string): string => {
    const known = generations.get(tag);
    if (known !== undefined) return known;
    const begun = randomBytes(9).toString('base64url');
    generations.set(tag, begun);
    return begun;
  };
  return {
    async look(keys, tags) {
      return { nowMs: now(), values: keys.map((key) => entries.get(key)), generations: tags.map(generationOf) };
    },
    async keep(kept) {
      for (const { key, value, lifeMs } of kept) entries.set(key, value, { ttl: lifeMs });
    },
    async purge(tags) {
      for (const tag of tags.flatMap(endedBy)) generations.delete(tag);
    },
  };
}
