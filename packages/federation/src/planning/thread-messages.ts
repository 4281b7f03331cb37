import type { LoadedSupergraph, PlanRunner } from '../supergraph.ts';

export type ThreadData = { readonly supergraph: string; readonly runner: PlanRunner };

export type PlanRequest = { readonly query: string; readonly operationName?: string | undefined };

export type FromThread =
  | { readonly kind: 'opened'; readonly loaded: LoadedSupergraph }
  | { readonly kind: 'unusable'; readonly message: string }
  /** `plan` is JSON. */
  | { readonly kind: 'planned'; readonly plan: string }
  /** `isTooLarge`: the library refused it by a limit of its own. */
  | { readonly kind: 'failed'; readonly message: string; readonly isTooLarge: boolean };
