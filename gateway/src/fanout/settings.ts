import { type SettingValues, setting } from '@nova/runtime';
import { readSubgraphTable, type SubgraphTable } from './subgraph-table.ts';

export const subgraphSettings = {
  SUBGRAPH_URLS: setting.map({
    description: 'Where subgraphs are, as name=url,name=url; wins over the URLs in the supergraph.',
  }),
  SUBGRAPHS_FILE: setting.string({
    optional: true,
    description:
      'JSON table of how each subgraph is called: time limit, calls at the same time, breaker, retries. Without it gateway/subgraphs.json holds.',
  }),
  SUBGRAPH_MAX_RESPONSE_BYTES: setting.integer({
    default: 10_485_760,
    min: 1,
    description: 'Largest answer accepted from a subgraph.',
  }),
  MAX_ENTITIES_PER_FETCH: setting.integer({
    default: 1_000,
    min: 1,
    description: 'Entities that one request asks a subgraph for by reference; more travel in several requests.',
  }),
  SHARE_IN_FLIGHT: setting.boolean({
    default: true,
    description:
      'Whether queries and fetches that are the same, of the same viewer, at the same time are made once for all.',
  }),
};

export type SubgraphOptions = {
  /** Addresses that win over the supergraph's, by subgraph name. */
  readonly urls: ReadonlyMap<string, string>;
  readonly table: SubgraphTable;
  readonly maxResponseBytes: number;
  /** Asked for by reference in one request. */
  readonly maxEntities: number;
  /** Whether what is the same for the same viewer is asked for once at a time. */
  readonly shareInFlight: boolean;
};

/** Throws ConfigError with every problem of the table. */
export function toSubgraphs(flat: SettingValues<typeof subgraphSettings>): SubgraphOptions {
  return {
    urls: flat.SUBGRAPH_URLS,
    table: readSubgraphTable(flat.SUBGRAPHS_FILE),
    maxResponseBytes: flat.SUBGRAPH_MAX_RESPONSE_BYTES,
    maxEntities: flat.MAX_ENTITIES_PER_FETCH,
    shareInFlight: flat.SHARE_IN_FLIGHT,
  };
}
