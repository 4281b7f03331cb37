import type { QueryPlan } from '@apollo/query-planner';
import { scheduleFetches } from './fetch-schedule.ts';
import { clientName } from './planning/planned-aliases.ts';

/** Why a plan takes as much as it takes, for whoever has to ask for less. */
export type PlanExtent = {
  /** Calls by subgraph, the most called first: `user 4, content 2`. */
  readonly calls: string;
  /** Where the last call of the longest chain adds to the answer, by response names. */
  readonly deepestPath: string;
};

export function planExtent(plan: QueryPlan): PlanExtent {
  const requests = scheduleFetches(plan);
  const counts = new Map<string, number>();
  for (const { subgraph } of requests) counts.set(subgraph, (counts.get(subgraph) ?? 0) + 1);
  const calls = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`);
  const deepest = requests.at(-1)?.fetches[0].path ?? [];
  return {
    calls: calls.join(', '),
    deepestPath: deepest
      .filter((step) => step !== '@')
      .map(clientName)
      .join('.'),
  };
}
