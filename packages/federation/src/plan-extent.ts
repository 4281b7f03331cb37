import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import { entityFetchIn } from './plan-summary.ts';

/** Why a plan takes as much as it takes, for whoever has to ask for less. */
export type PlanExtent = {
  /** Calls by subgraph, the most called first: `user 4, content 2`. */
  readonly calls: string;
  /** Where the last call of the longest chain adds to the answer, by response names. */
  readonly deepestPath: string;
};

export function planExtent({ node }: QueryPlan): PlanExtent {
  const counts = new Map<string, number>();
  const longest = node && node.kind !== 'Subscription' ? chainOf(node, [], counts) : { waves: 0, path: [] };
  const calls = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`);
  return { calls: calls.join(', '), deepestPath: longest.path.join('.') };
}

type Path = readonly string[];
type Chain = { readonly waves: number; readonly path: Path };

function chainOf(node: PlanNode, path: Path, counts: Map<string, number>): Chain {
  switch (node.kind) {
    case 'Fetch':
      counts.set(node.serviceName, (counts.get(node.serviceName) ?? 0) + 1);
      return { waves: 1, path };
    case 'Flatten':
      return chainOf(node.node, [...path, ...node.path.filter((step) => step !== '@').map(String)], counts);
    case 'Sequence':
      return node.nodes
        .map((child) => chainOf(child, path, counts))
        .reduce((before, next) => ({ waves: before.waves + next.waves, path: next.path }), { waves: 0, path });
    case 'Parallel':
      return longestOf(
        node.nodes.map((child, at) => chainOf(child, path, goesAlong(node.nodes, at) ? new Map() : counts)),
        path,
      );
    case 'Condition': {
      const branches = [node.ifClause, node.elseClause].flatMap((branch) => branch ?? []);
      return longestOf(
        branches.map((branch) => chainOf(branch, path, counts)),
        path,
      );
    }
    case 'Defer':
      return { waves: 0, path };
  }
}

/** Whether an earlier one of the nodes fetches entities of the same subgraph: then both travel as one request. */
function goesAlong(nodes: readonly PlanNode[], at: number): boolean {
  const [own, ...earlier] = [nodes[at], ...nodes.slice(0, at)].map((node) => node && entityFetchIn(node)?.serviceName);
  return own !== undefined && earlier.includes(own);
}

function longestOf(chains: readonly Chain[], path: Path): Chain {
  return chains.reduce((one, other) => (other.waves > one.waves ? other : one), { waves: 0, path });
}
