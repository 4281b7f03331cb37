import { within } from '@nova/resilience';
import { readEntry, writeEntry } from './entry.ts';
import type { Item } from './lookup.ts';
import type { CacheStore, Look } from './store.ts';

/** What the cache has for one item. */
export type Found = {
  /** JSON, fetched in the generations that its tags are in now. Undefined without any. */
  readonly json: string | undefined;
  /** Not above 0: too old to be served as long as its service answers. */
  readonly remainingSeconds: number;
  /** Where and under which generations what is fetched from now on may be kept. Undefined for what cannot be. */
  readonly place: { readonly key: string; readonly generations: string; readonly nowMs: number } | undefined;
};

export type Fetched = { readonly place: Found['place']; readonly json: string };

export type EntryStore = {
  /** In the order of the items; undefined while the store is away or slow. Never rejects. */
  find(items: ReadonlyArray<Item | undefined>): Promise<readonly Found[] | undefined>;
  /** Returns at once. What cannot be kept is fetched again. */
  keep(fetched: readonly Fetched[], maxAgeSeconds: number): void;
};

export type EntryStoreOptions = {
  readonly store: CacheStore;
  readonly timeoutMs: number;
  /** Whatever a subgraph allows. */
  readonly maxAgeSeconds: number;
  /** How much longer an entry may stand in for a service that is away. */
  readonly staleSeconds: number;
  readonly storeFailed: (command: 'look' | 'keep') => void;
};

/** A store that does not answer is left alone for so long, or every request would wait for it. */
const pauseMs = 1_000;
const maxEntryLength = 262_144;

/** Entries with their age and their generations, over a store of texts. */
export function createEntryStore(options: EntryStoreOptions): EntryStore {
  const { store, timeoutMs, staleSeconds, storeFailed } = options;
  let pausedUntil = 0;
  return {
    async find(items) {
      if (performance.now() < pausedUntil) return undefined;
      const keys = items.flatMap((item) => item?.key ?? []);
      const tags = [...new Set(items.flatMap((item) => item?.tags ?? []))];
      try {
        return foundIn(await within(timeoutMs, () => store.look(keys, tags)), { items, keys, tags });
      } catch {
        pausedUntil = performance.now() + pauseMs;
        storeFailed('look');
        return undefined;
      }
    },
    keep(fetched, maxAgeSeconds) {
      const ageMs = 1000 * Math.min(maxAgeSeconds, options.maxAgeSeconds);
      const entries = fetched.flatMap(({ place, json }) => {
        if (!place || json.length > maxEntryLength) return [];
        const { key, generations, nowMs } = place;
        const value = writeEntry({ freshUntilMs: nowMs + ageMs, generations, json });
        return [{ key, value, lifeMs: ageMs + 1000 * staleSeconds }];
      });
      if (entries.length > 0) store.keep(entries).catch(() => storeFailed('keep'));
    },
  };
}

type Asked = {
  readonly items: ReadonlyArray<Item | undefined>;
  readonly keys: readonly string[];
  readonly tags: readonly string[];
};

function foundIn({ nowMs, values, generations }: Look, { items, keys, tags }: Asked): readonly Found[] {
  const generationOf = new Map(tags.map((tag, at) => [tag, generations[at]]));
  const textOf = new Map(keys.map((key, at) => [key, values[at]]));
  return items.map((item) => {
    if (!item) return { json: undefined, remainingSeconds: 0, place: undefined };
    const current = item.tags.map((tag) => generationOf.get(tag)).join(' ');
    const place = { key: item.key, generations: current, nowMs };
    const value = textOf.get(item.key);
    const entry = value === undefined ? undefined : readEntry(value);
    if (entry?.generations !== current) return { json: undefined, remainingSeconds: 0, place };
    return { json: entry.json, remainingSeconds: (entry.freshUntilMs - nowMs) / 1000, place };
  });
}
