import type { BreakerLimits } from '@nova/resilience';
import { readJsonFile } from '@nova/runtime';
import { z } from 'zod';
import committed from '../../subgraphs.json' with { type: 'json' };

/** How one subgraph is called, and when it is left alone. */
export type SubgraphPolicy = {
  /** For one call, from when it is sent. */
  readonly timeoutMs: number;
  /** Calls under way at the same time, each on a connection of its own. */
  readonly maxRunning: number;
  readonly maxQueued: number;
  /** Whether a query that got no answer may be sent once more. */
  readonly retries: boolean;
  readonly breaker: BreakerLimits;
};

export type SubgraphTable = {
  policyOf(subgraph: string): SubgraphPolicy;
  readonly longestTimeoutMs: number;
  /** Subgraphs that the file of the setting has a row for. */
  readonly named: readonly string[];
};

/** Ten minutes at most: Node takes a timer of more than 24 days for one of a millisecond. */
const time = z.int().min(1).max(600_000);
const times = z.int().min(1).max(1_000);

/** A row as it is written. */
const row = z
  .strictObject({
    timeoutMs: time,
    maxRunning: z.int().min(1).max(10_000),
    maxQueued: z.int().min(0).max(10_000),
    retries: z.boolean(),
    breaker: z.strictObject({ failures: times, successes: times, openMs: time }).partial(),
  })
  .partial();
const rows = z.record(z.string(), row);

/**
 * Reads SUBGRAPHS_FILE, or takes `gateway/subgraphs.json`. A row says what differs from the row `default`, and that
 * what differs from the one built in. Throws ConfigError with every problem.
 */
export function readSubgraphTable(file: string | undefined): SubgraphTable {
  if (file === undefined) return { ...tableOf(rows.parse(committed)), named: [] };
  return tableOf(readJsonFile('SUBGRAPHS_FILE', file, rows));
}

function tableOf({ default: first = {}, ...rest }: z.infer<typeof rows>): SubgraphTable {
  const base = policyOf(first, committed.default);
  const policies = new Map(Object.entries(rest).map(([name, given]) => [name, policyOf(given, base)]));
  const longestTimeoutMs = Math.max(...[base, ...policies.values()].map(({ timeoutMs }) => timeoutMs));
  return { policyOf: (subgraph) => policies.get(subgraph) ?? base, longestTimeoutMs, named: [...policies.keys()] };
}

function policyOf(given: z.infer<typeof row>, base: SubgraphPolicy): SubgraphPolicy {
  return { ...base, ...given, breaker: { ...base.breaker, ...given.breaker } };
}
