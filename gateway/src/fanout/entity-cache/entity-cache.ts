import { createHash } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import type { CallSubgraph } from '../subgraph-call.ts';
import { callForEntities } from './cached-entities.ts';
import { callForRoot } from './cached-root.ts';
import { createEntryStore, type Found } from './entry-store.ts';
import { createReadLookup, type ReadLookup } from './lookup.ts';
import type { EntityCacheOptions } from './settings.ts';
import type { CacheStore } from './store.ts';

/** `skipped`: asked of the subgraph without a look, because the store was away or the request cannot be cached. */
export type LookupResult = 'hit' | 'miss' | 'stale' | 'skipped';

export type EntityCacheEvents = {
  /** `count`: entities, or 1 for root fields. */
  looked(subgraph: string, result: LookupResult, count: number): void;
  /** Answers that were too old stood in for a service that was away. */
  servedStale(answer: { readonly subgraph: string; readonly count: number; readonly correlationId: string }): void;
  storeFailed(command: 'look' | 'keep'): void;
};

export type EntityCache = {
  /** A supergraph is served from now on; `text` is what it was built from. */
  serve(supergraph: GraphQLSchema, text: string): void;
  /** Asks only for what is not kept. What may be kept is what the subgraph says is everybody's. */
  wrap(call: CallSubgraph): CallSubgraph;
};

/**
 * Keeps what subgraphs answer to queries, by `cache-control`, each entity apart. An entry is served as long as nothing that it is tagged
 * with was purged since before it was fetched.
 */
export function createEntityCache(
  options: EntityCacheOptions & { store: CacheStore; events: EntityCacheEvents },
): EntityCache {
  const { events } = options;
  const entries = createEntryStore({ ...options, storeFailed: events.storeFailed });
  let readLookup: ReadLookup | undefined;
  return {
    serve(supergraph, text) {
      readLookup = createReadLookup(supergraph, text);
    },
    wrap: (call) => async (subgraph, request, scope) => {
      if (scope.operation.kind !== 'query' || request.kind !== 'query') return call(subgraph, request, scope);
      const lookup = readLookup?.({ subgraph, viewer: scope.viewer.identity.kind }, request);
      const items = lookup && ('root' in lookup ? [lookup.root] : lookup.entities.flatMap((list) => list.items));
      const found = items && (await entries.find(items));
      if (!lookup || !found) {
        events.looked(subgraph, 'skipped', items?.length ?? 1);
        return call(subgraph, request, scope);
      }
      const looked = {
        found: scope.wantsFresh ? found.map((each) => ({ ...each, remainingSeconds: 0 })) : found,
        call: (asked: typeof request) => call(subgraph, { ...asked, generation: generationOf(found) }, scope),
        keep: entries.keep,
        tell(result: LookupResult, count: number) {
          if (count === 0) return;
          events.looked(subgraph, result, count);
          if (result === 'stale') events.servedStale({ subgraph, count, correlationId: scope.correlationId });
        },
      };
      return 'root' in lookup ? callForRoot(request, looked) : callForEntities(request, lookup.entities, looked);
    },
  };
}

/** The same for requests that are kept under the same keys and generations. */
function generationOf(found: readonly Found[]): string {
  const hash = createHash('sha256');
  for (const { place } of found) hash.update(`${place?.key} ${place?.generations}\n`);
  return hash.digest('base64url');
}
