import type { GraphQLDataSource } from '@apollo/gateway';
import { createExecutor, type Executor } from './execution/executor.ts';
import { asDataSource, createSubgraphCaller, type SubgraphCall, type SubgraphCaller } from './subgraph-data-source.ts';
import { createSubgraphPools, type SubgraphAddress } from './subgraph-pools.ts';

export type Fanout = {
  readonly executor: Executor;
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
  const callers = new Map<string, SubgraphCaller>();
  const executor = createExecutor({
    call(subgraph, request, scope) {
      const caller = callers.get(subgraph);
      if (!caller) throw new Error(`There is no subgraph ${subgraph}.`);
      return caller(request, scope);
    },
  });
  return {
    executor,
    dataSource(definition) {
      const { timeoutMs, observe } = options;
      const caller = createSubgraphCaller(addressOf(definition), { pools, timeoutMs, observe });
      callers.set(definition.name, caller);
      return asDataSource(caller) as GraphQLDataSource;
    },
    retain: (subgraphs) => pools.retain(subgraphs.map(addressOf)),
    stop: () => pools.stop(),
  };
}
