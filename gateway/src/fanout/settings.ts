import { type SettingValues, setting } from '@nova/runtime';

/** Ten minutes. Node takes a timer of more than 24 days for one of a millisecond. */
const maxTimeMs = 600_000;

export const subgraphSettings = {
  SUBGRAPH_URLS: setting.map({
    description: 'Where subgraphs are, as name=url,name=url; wins over the URLs in the supergraph.',
  }),
  SUBGRAPH_TIMEOUT_MS: setting.integer({
    default: 10_000,
    min: 1,
    max: maxTimeMs,
    description: 'Time one call to a subgraph may take.',
  }),
  SUBGRAPH_CONNECTIONS: setting.integer({
    default: 64,
    min: 1,
    description: 'Connections kept open to one subgraph, at most.',
  }),
  SUBGRAPH_MAX_RESPONSE_BYTES: setting.integer({
    default: 10_485_760,
    min: 1,
    description: 'Largest answer accepted from a subgraph.',
  }),
};

export type SubgraphOptions = {
  /** Addresses that win over the supergraph's, by subgraph name. */
  readonly urls: ReadonlyMap<string, string>;
  readonly timeoutMs: number;
  readonly connections: number;
  readonly maxResponseBytes: number;
};

export function toSubgraphs(flat: SettingValues<typeof subgraphSettings>): SubgraphOptions {
  return {
    urls: flat.SUBGRAPH_URLS,
    timeoutMs: flat.SUBGRAPH_TIMEOUT_MS,
    connections: flat.SUBGRAPH_CONNECTIONS,
    maxResponseBytes: flat.SUBGRAPH_MAX_RESPONSE_BYTES,
  };
}
