import { isAppError } from '@nova/errors';
import { type CachePolicy, restrictCachePolicy } from '../cache-policy.ts';
import type { SubgraphAnswer } from '../subgraph-answer.ts';
import type { SubgraphRequest } from '../subgraph-call.ts';
import type { EntryStore, Found } from './entry-store.ts';

/** A request to a subgraph whose items were looked up. */
export type Looked = {
  /** In the order of the items. */
  readonly found: readonly Found[];
  readonly call: (request: SubgraphRequest) => Promise<SubgraphAnswer>;
  readonly keep: EntryStore['keep'];
  readonly tell: (result: 'hit' | 'miss' | 'stale', count: number) => void;
};

export function isFresh({ json, remainingSeconds }: Found): boolean {
  return json !== undefined && remainingSeconds > 0;
}

/** How long everybody may keep the answer; undefined when not, or not everybody. */
export function publicMaxAge({ data, errors, cacheControl }: SubgraphAnswer): number | undefined {
  if (!data || errors) return undefined;
  const policy: CachePolicy = { maxAgeSeconds: undefined, isPrivate: false };
  restrictCachePolicy(policy, cacheControl);
  return policy.isPrivate || !policy.maxAgeSeconds ? undefined : policy.maxAgeSeconds;
}

/** The `cache-control` of an answer put together from entries and, where something was fetched, from that. */
export function cacheControlOf(remainingSeconds: readonly number[], fetched?: SubgraphAnswer): string {
  const policy: CachePolicy = { maxAgeSeconds: undefined, isPrivate: false };
  if (fetched) restrictCachePolicy(policy, fetched.cacheControl);
  for (const seconds of remainingSeconds)
    restrictCachePolicy(policy, `public, max-age=${Math.max(0, Math.floor(seconds))}`);
  return `${policy.isPrivate ? 'private' : 'public'}, max-age=${policy.maxAgeSeconds ?? 0}`;
}

const passing: ReadonlySet<string> = new Set(['SUBGRAPH_UNAVAILABLE', 'SUBGRAPH_TIMEOUT', 'OVERLOADED']);

/** Whether the service is away, so that what it said before may stand in. */
export function isAway(error: unknown): boolean {
  return isAppError(error) && passing.has(error.code);
}
