import { LRUCache } from 'lru-cache';

/** Texts that clients sent with their hash, so that later the hash is enough (Apollo's automatic persisted queries). */
export type AutomaticQueries = {
  /** `id` is the SHA-256 of the text. */
  remember(id: string, query: string): void;
  recall(id: string): string | undefined;
};

const entryBytes = 200;
/** A client that is told that an id is unknown sends the text again, so that forgetting costs one request. */
const rememberMs = 24 * 3_600_000;

/** Of this process; what was unused for longest is forgotten first. */
export function createAutomaticQueries({ maxBytes }: { maxBytes: number }): AutomaticQueries {
  const queries = new LRUCache<string, string>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes,
    sizeCalculation: (query) => entryBytes + 2 * query.length,
    ttl: rememberMs,
  });
  return {
    remember: (id, query) => void queries.set(id, query),
    recall: (id) => queries.get(id),
  };
}
