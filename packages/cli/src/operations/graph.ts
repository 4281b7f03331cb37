import { readFileSync } from 'node:fs';
import {
  type CostModel,
  type OpenedSupergraph,
  openSupergraph,
  readCostModel,
  readSubgraphHints,
  type SubgraphHints,
  subgraphContact,
} from '@nova/federation';
import { subgraphNames, subgraphSdl } from '@nova/schema';
import type { GraphQLSchema } from 'graphql';

/** A supergraph with all that is said of operations over it. */
export type Graph = {
  readonly opened: OpenedSupergraph;
  readonly schema: GraphQLSchema;
  readonly model: CostModel;
  /** Of the subgraphs in schema/subgraphs, by name: what only their own SDL says. */
  readonly hints: ReadonlyMap<string, SubgraphHints>;
  readonly contacts: ReadonlyMap<string, string | undefined>;
};

/** Throws `SupergraphError` when the file is no supergraph that can be served. */
export function openGraph(supergraphFile: string | URL): Graph {
  const opened = openSupergraph(readFileSync(supergraphFile, 'utf8'));
  const sdls = new Map(subgraphNames().map((name) => [name, subgraphSdl(name)]));
  return {
    opened,
    schema: opened.apiSchema.toGraphQLJSSchema(),
    model: readCostModel(opened.sdl),
    hints: new Map([...sdls].map(([name, sdl]) => [name, readSubgraphHints(sdl)])),
    contacts: new Map([...sdls].map(([name, sdl]) => [name, subgraphContact(sdl)])),
  };
}
