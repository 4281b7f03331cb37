import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { assertValidSchema, parse, print } from 'graphql';
import { readCostModel } from './cost-model.ts';
import { withoutSecurityMarker } from './security-marker.ts';

/** A subgraph as the supergraph names it. */
export type SubgraphLocation = { readonly name: string; readonly url: string };

export type LoadedSupergraph = {
  /** The text to hand to @apollo/gateway. */
  readonly sdl: string;
  readonly subgraphs: readonly SubgraphLocation[];
};

/** Says why a text is not a supergraph that can be served. */
export class SupergraphError extends Error {
  override readonly name = 'SupergraphError';
}

/** A supergraph with what plans over it: takes a moment to build, and memory. */
export type OpenedSupergraph = LoadedSupergraph & { readonly apiSchema: Schema; readonly planner: QueryPlanner };

/**
 * Builds everything the gateway will need from a supergraph, so that one which cannot be served is found before it
 * replaces one which can: @apollo/gateway drops its plans and swaps its schema before its last step can fail.
 * Throws `SupergraphError`.
 */
export function openSupergraph(text: string): OpenedSupergraph {
  try {
    const sdl = print(withoutSecurityMarker(parse(text)));
    const supergraph = Supergraph.build(sdl, { validateSupergraph: true });
    const apiSchema = supergraph.apiSchema();
    assertValidSchema(apiSchema.toGraphQLJSSchema());
    const planner = new QueryPlanner(supergraph, { debug: { maxEvaluatedPlans } });
    readCostModel(sdl);
    const subgraphs = supergraph.subgraphsMetadata().map(({ name, url }) => ({ name, url }));
    return { sdl, subgraphs, apiSchema, planner };
  } catch (error) {
    throw new SupergraphError(`The supergraph cannot be loaded: ${reasonOf(error)}`, { cause: error });
  }
}

/** How to fetch a valid operation. Takes as long as it takes: the gateway asks a `Planner`. */
export function planOperation(
  { apiSchema, planner }: OpenedSupergraph,
  { query, operationName }: { readonly query: string; readonly operationName?: string | undefined },
): QueryPlan {
  return planner.buildQueryPlan(operationFromDocument(apiSchema, parse(query), { operationName }));
}

/** Of the ways to fetch one operation; the library's own default is ten times as many. */
const maxEvaluatedPlans = 1_000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
