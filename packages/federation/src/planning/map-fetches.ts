import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';

/** A fetch, and where in the answer it adds: response names, without the elements of lists. */
export type LocatedFetch = { readonly fetch: FetchNode; readonly path: readonly string[] };

/** Puts what `fn` makes of each fetch in its place, in the order of the plan. Subscriptions and @defer, which nobody runs, stay as they are. */
export function mapFetches(plan: QueryPlan, fn: (fetch: FetchNode, path: readonly string[]) => PlanNode): QueryPlan {
  const mapped = (node: PlanNode, path: readonly string[]): PlanNode => {
    switch (node.kind) {
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map((child) => mapped(child, path)) };
      case 'Flatten':
        return { ...node, node: mapped(node.node, [...path, ...node.path.filter((step) => step !== '@').map(String)]) };
      case 'Condition':
        return {
          ...node,
          ifClause: node.ifClause && mapped(node.ifClause, path),
          elseClause: node.elseClause && mapped(node.elseClause, path),
        };
      case 'Fetch':
        return fn(node, path);
      case 'Defer':
        return node;
    }
  };
  return plan.node && plan.node.kind !== 'Subscription' ? { ...plan, node: mapped(plan.node, []) } : plan;
}

export function fetchesOf(plan: QueryPlan): readonly LocatedFetch[] {
  const fetches: LocatedFetch[] = [];
  mapFetches(plan, (fetch, path) => {
    fetches.push({ fetch, path });
    return fetch;
  });
  return fetches;
}
