import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from '@nova/errors';
import type { Planned } from '@nova/federation';
import type { Deadline } from '@nova/resilience';
import type { Identity } from '@nova/runtime';
import type { Claim } from '../idempotency/idempotency.ts';
import type { PlanWish, ShownPlan } from './plan-picture.ts';

/**
 * What is known of one HTTP request, filled in on its way. Apollo copies the context it is given, so the scope is
 * one nested object that all copies share.
 */
export type RequestScope = {
  readonly correlationId: string;
  /** W3C trace context, the client's or a new one. */
  readonly traceparent: string;
  readonly startedAt: number;
  /** Of the client, or of the last proxy that is not trusted. */
  readonly clientAddress: string;
  /** Whether the client asked not to be answered from a cache. */
  readonly wantsFresh: boolean;
  /** `trustedAs`: the client whose key came with the request; the name is what the client says. */
  readonly client: { readonly name?: string; readonly version?: string; trustedAs?: string };
  /** `id`: that of the manifest; `askedId`: what the client sent for one; `foundBy`: the verdict on its document; `hash` of its text. */
  readonly operation: {
    name?: string;
    id?: string;
    askedId?: string;
    foundBy?: string;
    hash?: string;
    kind?: 'query' | 'mutation';
    cost?: number;
    executed: boolean;
    hasData: boolean;
    plan?: Planned['plan'];
    summary?: Planned['summary'];
    planWish?: PlanWish;
    shownPlan?: ShownPlan;
  };
  /**
   * `rpcCalls`: what subgraphs said of the gRPC calls they made for the operation; `shared`: fetches of others that were joined;
   * `entities`: those asked for by reference.
   */
  readonly stats: { fetches: number; waves: number; rpcCalls: number; shared: number; entities: number };
  /** What the subgraphs' answers allow together: the seconds to keep them (undefined without any), and by whom. */
  readonly cachePolicy: { maxAgeSeconds: number | undefined; isPrivate: boolean };
  readonly errorCodes: ErrorCode[];
  /** What the answer is besides its text: its headers, and its bytes. */
  readonly answer: {
    /** The body, when it is encoded already. */
    body?: Buffer;
    quota?: {
      readonly limit: number;
      readonly remaining: number;
      readonly waitSeconds: number;
      readonly isAllowed: boolean;
    };
  };
  /** The key as the client sent it, and what it means when the operation is a mutation. */
  readonly idempotency: { readonly key: string | undefined; claim?: Claim };
};

/** What Apollo's plugins and the subgraph calls see. */
export type GatewayContext = {
  readonly request: RequestScope & {
    readonly deadline: Deadline;
    readonly viewer: { readonly identity: Identity; forwardedIdentity(): Promise<string> };
  };
};

/** Lets the error formatter, which Apollo calls without a context, know which request an error belongs to. */
export const currentScope = new AsyncLocalStorage<RequestScope>();
