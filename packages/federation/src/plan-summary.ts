import type { QueryPlan } from '@apollo/query-planner';
import { type FetchRequest, scheduleFetches } from './fetch-schedule.ts';

/** How much a query plan asks of the subgraphs. */
export type PlanSummary = {
  /** Requests to subgraphs, at most: whatever the values of @skip and @include. */
  readonly fetches: number;
  /** Requests that wait for one another: the length of the longest chain. */
  readonly waves: number;
};

export function summarizePlan(plan: QueryPlan): PlanSummary {
  const requests = scheduleFetches(plan);
  return {
    fetches: Math.max(...valuations(requests).map((values) => requests.filter((it) => isMade(it, values)).length)),
    waves: requests.at(-1)?.wave ?? 0,
  };
}

/** The subgraphs that a plan asks, in the order of the alphabet. */
export function planSubgraphs(plan: QueryPlan): readonly string[] {
  return [...new Set(scheduleFetches(plan).map(({ subgraph }) => subgraph))].sort();
}

type Values = ReadonlyMap<string, boolean>;

/** Of more variables than this not every combination is tried. */
const maxVariables = 6;

/** All that the variables of conditions can be together; those left out count as both. */
function valuations(requests: readonly FetchRequest[]): readonly Values[] {
  const conditions = requests.flatMap(({ fetches }) => fetches.flatMap((fetch) => fetch.conditions));
  const variables = [...new Set(conditions.map(({ variable }) => variable))].slice(0, maxVariables);
  return variables.reduce<readonly Values[]>(
    (all, variable) => all.flatMap((values) => [true, false].map((value) => new Map([...values, [variable, value]]))),
    [new Map()],
  );
}

function isMade({ fetches }: FetchRequest, values: Values): boolean {
  return fetches.some(({ conditions }) =>
    conditions.every(({ variable, isTrue }) => (values.get(variable) ?? isTrue) === isTrue),
  );
}
