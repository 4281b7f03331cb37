import type { FanoutScope } from './fanout-context.ts';
import type { SubgraphAnswer } from './subgraph-answer.ts';

/** One request to a subgraph. */
export type SubgraphRequest = {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables: { [name: string]: unknown };
  /** Of what is sent; entities are also queried for a mutation of the client. */
  readonly kind: 'query' | 'mutation';
  /** Where the entities that it asks for are, when all it asks for are entities. */
  readonly entities?: readonly EntityList[] | undefined;
  /** What it may not be joined with is what has another: a fetch that began before a purge must not be taken for one that began after it. */
  readonly generation?: string | undefined;
  /** What travels, where that was put into words already. */
  readonly body?: string | undefined;
};

export type EntityList = {
  /** The variable that holds the representations. */
  readonly variable: string;
  /** The field of the answer that holds the entities, in the order of the representations. */
  readonly alias: string;
  /** Where in the client's answer they stand: names, and `@` for each element of a list. */
  readonly path: ReadonlyArray<string | number>;
};

/** What travels. */
export function bodyOf({ body, query, variables, operationName }: SubgraphRequest): string {
  return body ?? JSON.stringify({ query, variables, operationName });
}

/** Sends a request to a subgraph, by its name; rejects with AppError when no answer comes. */
export type CallSubgraph = (subgraph: string, request: SubgraphRequest, scope: FanoutScope) => Promise<SubgraphAnswer>;
