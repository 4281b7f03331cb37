import { Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
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

/**
 * Builds everything the gateway will need from a supergraph, so that one which cannot be served is found before it
 * replaces one which can: @apollo/gateway drops its plans and swaps its schema before its last step can fail.
 * Throws `SupergraphError`.
 */
export function loadSupergraph(text: string): LoadedSupergraph {
  try {
    const sdl = print(withoutSecurityMarker(parse(text)));
    const supergraph = Supergraph.build(sdl, { validateSupergraph: true });
    assertValidSchema(supergraph.apiSchema().toGraphQLJSSchema());
    new QueryPlanner(supergraph);
    readCostModel(sdl);
    return { sdl, subgraphs: supergraph.subgraphsMetadata().map(({ name, url }) => ({ name, url })) };
  } catch (error) {
    throw new SupergraphError(`The supergraph cannot be loaded: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
