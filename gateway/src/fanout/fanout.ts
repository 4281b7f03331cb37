import type { GraphQLDataSource } from '@apollo/gateway';
import { createSubgraphDataSource, type SubgraphCall } from './subgraph-data-source.ts';
import { createSubgraphPools, type SubgraphAddress } from './subgraph-pools.ts';

export type Fanout = {
  /** The way to a subgraph, for @apollo/gateway. */
  dataSource(definition: { readonly name: string; readonly url?: string }): GraphQLDataSource;
  /** Lets go of the connections to subgraphs that the supergraph no longer has. */
  retain(subgraphs: readonly SubgraphAddress[]): void;
  stop(): Promise<void>;
};

export function createFanout(options: {
  /** Addresses that win over the supergraph's, by subgraph name. */
  urls: ReadonlyMap<string, string>;
  timeoutMs: number;
  connections: number;
  maxResponseBytes: number;
  observe(call: SubgraphCall): void;
}): Fanout {
  const pools = createSubgraphPools(options);
  const addressOf = ({ name, url }: { readonly name: string; readonly url?: string }): SubgraphAddress => {
    const actual = options.urls.get(name) ?? url;
    // "localhost:4020" is a URL as well, of the scheme "localhost".
    if (!actual || !/^https?:$/.test(URL.parse(actual)?.protocol ?? ''))
      throw new Error(`The subgraph ${name} has no usable URL, but "${actual ?? ''}". Is SUBGRAPH_URLS right?`);
    return { name, url: actual };
  };
  return {
    dataSource: (definition) =>
      createSubgraphDataSource(addressOf(definition), {
        pools,
        timeoutMs: options.timeoutMs,
        observe: options.observe,
      }) as GraphQLDataSource,
    retain: (subgraphs) => pools.retain(subgraphs.map(addressOf)),
    stop: () => pools.stop(),
  };
}
