import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FetchRequest, scheduleFetches, summarizePlan } from '../src/index.ts';

let count = 0;
/** Each by an operation of its own. */
function fetchOf(serviceName: string, requires?: []): FetchNode {
  count += 1;
  return { kind: 'Fetch', serviceName, operation: `${count}`, operationKind: 'query', requires } as FetchNode;
}

function planOf(node: PlanNode): QueryPlan {
  return { kind: 'QueryPlan', node };
}

const { node: anyNode } = fc.letrec<{ node: PlanNode }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc
      .record({ subgraph: fc.constantFrom('a', 'b'), isRoot: fc.boolean() })
      .map(({ subgraph, isRoot }): PlanNode => fetchOf(subgraph, isRoot ? undefined : [])),
    fc.array(tie('node'), { maxLength: 3 }).map((nodes): PlanNode => ({ kind: 'Sequence', nodes })),
    fc.array(tie('node'), { maxLength: 3 }).map((nodes): PlanNode => ({ kind: 'Parallel', nodes })),
    fc
      .record({ node: tie('node'), step: fc.constantFrom('x', 'y', '@') })
      .map(({ node, step }): PlanNode => ({ kind: 'Flatten', path: [step], node })),
    fc
      .record({ condition: fc.constantFrom('p', 'q'), ifClause: tie('node'), elseClause: tie('node') })
      .map((branches): PlanNode => ({ kind: 'Condition', ...branches })),
  ),
}));

/** Pairs of operations of which the second has to wait for the first, as the tree says it. */
function orders(node: PlanNode): Array<[string, string]> {
  if (node.kind !== 'Sequence') return childrenOf(node).flatMap(orders);
  const operations = node.nodes.map(operationsOf);
  const between = operations.flatMap((before, at) =>
    operations.slice(at + 1).flatMap((after) => before.flatMap((a) => after.map((b): [string, string] => [a, b]))),
  );
  return [...between, ...node.nodes.flatMap(orders)];
}

function childrenOf(node: PlanNode): PlanNode[] {
  if (node.kind === 'Sequence' || node.kind === 'Parallel') return node.nodes;
  if (node.kind === 'Flatten') return [node.node];
  return node.kind === 'Condition' ? [node.ifClause, node.elseClause].flatMap((branch) => branch ?? []) : [];
}

function operationsOf(node: PlanNode): string[] {
  return node.kind === 'Fetch' ? [node.operation] : childrenOf(node).flatMap(operationsOf);
}

/** Everything that has to be answered before a request, at whatever remove. */
function allBefore(requests: readonly FetchRequest[], at: number): Set<number> {
  const before = new Set<number>();
  const visit = (place: number) => {
    for (const earlier of requests[place]?.after ?? []) {
      before.add(earlier);
      visit(earlier);
    }
  };
  visit(at);
  return before;
}

test('of any plan every fetch is made once, after all that the plan has before it', () => {
  fc.assert(
    fc.property(anyNode, (node) => {
      const requests = scheduleFetches(planOf(node));
      const made = requests.flatMap(({ fetches }, at) => fetches.map(({ fetch }) => [fetch.operation, at] as const));
      expect(made.map(([operation]) => operation).sort()).toEqual(operationsOf(node).sort());
      const requestOf = new Map(made);
      for (const [first, then] of orders(node))
        expect(allBefore(requests, requestOf.get(then) as number)).toContain(requestOf.get(first));
    }),
  );
});

test('of any plan a request waits for requests of earlier waves only, and a subgraph is asked for entities once a wave', () => {
  fc.assert(
    fc.property(anyNode, (node) => {
      const requests = scheduleFetches(planOf(node));
      for (const [at, { wave, after }] of requests.entries())
        for (const earlier of after) {
          expect(earlier).toBeLessThan(at);
          expect(requests[earlier]?.wave).toBeLessThan(wave);
        }
      const entityRequests = requests.filter(({ fetches: [{ fetch }] }) => fetch.requires);
      const keys = entityRequests.map(({ wave, subgraph }) => `${wave} ${subgraph}`);
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

test('of any plan there are as many waves as the tree nests, whatever travels together', () => {
  const depth = (node: PlanNode): number => {
    if (node.kind === 'Fetch') return 1;
    const depths = childrenOf(node).map(depth);
    return node.kind === 'Sequence' ? depths.reduce((sum, own) => sum + own, 0) : Math.max(0, ...depths);
  };
  fc.assert(
    fc.property(anyNode, (node) => {
      expect(summarizePlan(planOf(node)).waves).toBe(depth(node));
    }),
  );
});

const entities = (subgraph: string, path: string): PlanNode => ({
  kind: 'Flatten',
  path: [path],
  node: fetchOf(subgraph, []),
});
const inTurn = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes });
const atOnce = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes });
const requestsOf = (node: PlanNode) =>
  scheduleFetches(planOf(node)).map(({ wave, subgraph, fetches }) => `${wave} ${subgraph} ${fetches.length}`);

test('entities of one wave travel together wherever they stand', () => {
  const one = inTurn(fetchOf('a'), entities('b', 'x'), entities('c', 'x'));
  const other = inTurn(fetchOf('d'), atOnce(inTurn(entities('b', 'y'), entities('c', 'y')), entities('a', 'y')));
  expect(requestsOf(atOnce(one, other))).toEqual(['1 a 1', '1 d 1', '2 b 2', '2 a 1', '3 c 2']);
});

test('what nothing waits for goes along with a later request about the same entities, and with no other', () => {
  const about = (path: string) =>
    inTurn(fetchOf('a'), atOnce(inTurn(entities('b', 'x'), entities('c', 'x')), entities('c', path)));
  expect(requestsOf(about('x'))).toEqual(['1 a 1', '2 b 1', '3 c 2']);
  expect(requestsOf(about('y'))).toEqual(['1 a 1', '2 b 1', '2 c 1', '3 c 1']);
  const awaited = inTurn(fetchOf('a'), entities('c', 'x'), entities('b', 'x'), entities('c', 'x'));
  expect(requestsOf(awaited)).toEqual(['1 a 1', '2 c 1', '3 b 1', '4 c 1']);
});
