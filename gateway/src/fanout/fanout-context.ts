import type { Deadline } from '@nova/resilience';
import type { CachePolicy } from './cache-policy.ts';

/** What a call to a subgraph needs to know of the request it is made for. */
export type FanoutScope = {
  readonly correlationId: string;
  /** W3C trace context. */
  readonly traceparent: string;
  readonly deadline: Deadline;
  readonly viewer: {
    /** The signed identity to send. */
    forwardedIdentity(): Promise<string>;
  };
  /** `kind`: of what the client asked for. */
  readonly operation: { readonly kind?: 'query' | 'mutation' };
  readonly stats: { fetches: number; rpcCalls: number };
  /** Made stricter by every call. */
  readonly cachePolicy: CachePolicy;
  /** `forwarded`: what subgraphs are told of the idempotency key of a mutation. */
  readonly idempotency: { readonly claim?: { readonly forwarded?: string } };
};

/** Apollo copies the context before it hands it on, so what changes lies one level down. */
export type FanoutContext = { readonly request: FanoutScope };
