import type { Deadline } from '@nova/resilience';
import type { Identity } from '@nova/runtime';
import type { CachePolicy } from './cache-policy.ts';

/** What a call to a subgraph needs to know of the request it is made for. */
export type FanoutScope = {
  readonly correlationId: string;
  /** W3C trace context. */
  readonly traceparent: string;
  readonly client: { readonly name?: string };
  readonly deadline: Deadline;
  readonly viewer: {
    readonly identity: Identity;
    /** The signed identity to send. */
    forwardedIdentity(): Promise<string>;
  };
  /** `kind`: of what the client asked for. */
  readonly operation: { readonly name?: string; readonly kind?: 'query' | 'mutation' };
  /**
   * `rpcCalls`: gRPC calls of subgraphs, as they say themselves; `shared`: fetches of others that were joined; `entities`: those asked for
   * by reference, whoever sent it.
   */
  readonly stats: { fetches: number; rpcCalls: number; shared: number; entities: number };
  /** Whether nothing kept may be answered while the subgraphs answer. */
  readonly wantsFresh: boolean;
  /** Made stricter by every call. */
  readonly cachePolicy: CachePolicy;
  /** `forwarded`: what subgraphs are told of the idempotency key of a mutation. */
  readonly idempotency: { readonly claim?: { readonly forwarded?: string } };
};

/** Apollo copies the context before it hands it on, so what changes lies one level down. */
export type FanoutContext = { readonly request: FanoutScope };
