import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type IdempotencyStore, keepAnswerMs, type StoredAnswer } from './store.ts';

/** A running entry has the token, a done one the answer. */
type Entry = { readonly fingerprint: string; readonly token?: string; readonly answer?: StoredAnswer };

const entryBytes = 500;

/** Of this process; what was unused for longest is forgotten first. */
export function createMemoryStore({ maxBytes }: { maxBytes: number }): IdempotencyStore {
  const entries = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: ({ answer }) => entryBytes + 2 * (answer?.body.length ?? 0),
  });
  const own = (scope: string, token: string): Entry | undefined => {
    const entry = entries.get(scope);
    return entry?.token === token ? entry : undefined;
  };
  return {
    async begin(scope, fingerprint, leaseMs) {
      const taken = entries.get(scope);
      if (taken && taken.fingerprint !== fingerprint) return { kind: 'reused' };
      if (taken) return taken.answer ? { kind: 'done', answer: taken.answer } : { kind: 'running' };
      const token = randomUUID();
      entries.set(scope, { fingerprint, token }, { ttl: leaseMs });
      return { kind: 'begun', token };
    },
    async finish(scope, token, answer) {
      const entry = own(scope, token);
      if (entry) entries.set(scope, { fingerprint: entry.fingerprint, answer }, { ttl: keepAnswerMs });
    },
    async release(scope, token) {
      if (own(scope, token)) entries.delete(scope);
    },
  };
}
