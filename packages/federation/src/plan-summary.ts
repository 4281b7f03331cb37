import type { FetchNode, PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner';
import { UnreachableCaseError } from '@nova/errors';

/** How much a query plan asks of the subgraphs. */
export type PlanSummary = {
  /** Requests to subgraphs, at most: a condition counts its dearer branch. */
  readonly fetches: number;
  /** Requests that wait for one another: the length of the longest chain. */
  readonly waves: number;
};

type Node = PlanNode | SubscriptionNode;

const nothing: PlanSummary = { fetches: 0, waves: 0 };

export function summarizePlan(plan: QueryPlan): PlanSummary {
  return summarize(plan.node);
}

/** The subgraphs that a plan asks, in the order of the alphabet. */
export function planSubgraphs(plan: QueryPlan): readonly string[] {
  const names = new Set<string>();
  JSON.stringify(plan, (key, value) => {
    if (key === 'serviceName') names.add(value);
    return value;
  });
  return [...names].sort();
}

function summarize(node: Node | undefined): PlanSummary {
  if (!node) return nothing;
  switch (node.kind) {
    case 'Fetch':
      return { fetches: 1, waves: 1 };
    case 'Flatten':
      return summarize(node.node);
    case 'Sequence':
      return node.nodes.map(summarize).reduce(inTurn, nothing);
    case 'Parallel':
      return summarizeParallel(node.nodes);
    case 'Condition':
      return dearer(summarize(node.ifClause), summarize(node.elseClause));
    case 'Defer':
      return [node.primary, ...node.deferred].map((part) => summarize(part.node)).reduce(inTurn, nothing);
    case 'Subscription':
      return inTurn(summarize(node.primary), summarize(node.rest));
    default:
      throw new UnreachableCaseError(node);
  }
}

/** Entity fetches to one subgraph that start together travel as one request. */
function summarizeParallel(nodes: readonly PlanNode[]): PlanSummary {
  const entityFetches = new Set<string>();
  const others: PlanNode[] = [];
  for (const node of nodes) {
    const fetch = entityFetchIn(node);
    if (fetch) entityFetches.add(fetch.serviceName);
    else others.push(node);
  }
  const together = { fetches: entityFetches.size, waves: Math.min(1, entityFetches.size) };
  return others.map(summarize).reduce(atOnce, together);
}

/** The fetch of entities that a node is, wherever they are. */
export function entityFetchIn(node: PlanNode): FetchNode | undefined {
  if (node.kind === 'Flatten') return entityFetchIn(node.node);
  return node.kind === 'Fetch' && node.requires ? node : undefined;
}

function inTurn(a: PlanSummary, b: PlanSummary): PlanSummary {
  return { fetches: a.fetches + b.fetches, waves: a.waves + b.waves };
}

function atOnce(a: PlanSummary, b: PlanSummary): PlanSummary {
  return { fetches: a.fetches + b.fetches, waves: Math.max(a.waves, b.waves) };
}

function dearer(a: PlanSummary, b: PlanSummary): PlanSummary {
  return { fetches: Math.max(a.fetches, b.fetches), waves: Math.max(a.waves, b.waves) };
}
