import { Pool } from 'undici';

export type SubgraphAddress = { readonly name: string; readonly url: string };

export type SubgraphPools = {
  /** The connections to a subgraph, opened on first use. */
  get(address: SubgraphAddress): Pool;
  /** Closes the connections to all other subgraphs, each when its last answer has come. */
  retain(addresses: readonly SubgraphAddress[]): void;
  stop(): Promise<void>;
};

export function createSubgraphPools(options: {
  /** At most, by subgraph name. */
  connectionsTo(subgraph: string): number;
  maxResponseBytes: number;
}): SubgraphPools {
  const pools = new Map<string, Pool>();
  const keyOf = ({ name, url }: SubgraphAddress) => `${name} ${new URL(url).origin}`;
  return {
    get(address) {
      const key = keyOf(address);
      let pool = pools.get(key);
      if (!pool) {
        pool = new Pool(new URL(address.url).origin, {
          connections: options.connectionsTo(address.name),
          pipelining: 1,
          keepAliveTimeout: 30_000,
          connectTimeout: 1_000,
          // Every call carries a signal with its own time limit.
          headersTimeout: 0,
          bodyTimeout: 0,
          maxResponseSize: options.maxResponseBytes,
        });
        pools.set(key, pool);
      }
      return pool;
    },
    retain(addresses) {
      const wanted = new Set(addresses.map(keyOf));
      for (const [key, pool] of pools) {
        if (wanted.has(key)) continue;
        pools.delete(key);
        void pool.close();
      }
    },
    async stop() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}
