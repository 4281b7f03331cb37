import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planExtent, summarizePlan } from '../src/index.ts';

const fetch = { kind: 'Fetch', serviceName: 'user', operation: '{ a }', operationKind: 'query' } as FetchNode;
const entities = { ...fetch, requires: [] } as FetchNode;
const flatten = (node: PlanNode): PlanNode => ({ kind: 'Flatten', path: ['a'], node });
const inTurn = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes });
const atOnce = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes });
const when = (ifClause?: PlanNode, elseClause?: PlanNode): PlanNode => ({
  kind: 'Condition',
  condition: 'a',
  ifClause,
  elseClause,
});
const summary = (node?: PlanNode) => summarizePlan({ kind: 'QueryPlan', node } as QueryPlan);

test.for<[what: string, node: PlanNode | undefined, fetches: number, waves: number]>([
  ['nothing to fetch', undefined, 0, 0],
  ['one fetch', fetch, 1, 1],
  ['fetches at once', atOnce(fetch, fetch, fetch), 3, 1],
  ['fetches in turn', inTurn(fetch, flatten(fetch), fetch), 3, 3],
  ['a branch that is longer than the other', inTurn(fetch, atOnce(flatten(fetch), inTurn(fetch, fetch))), 4, 3],
  ['a condition, by its dearer branch', inTurn(fetch, when(fetch, atOnce(fetch, fetch))), 3, 2],
  ['a condition without a branch', when(), 0, 0],
  ['entities of one subgraph at once, as one request', inTurn(fetch, atOnce(flatten(entities), entities)), 2, 2],
])('%s', ([, node, fetches, waves]) => {
  expect(summary(node)).toEqual({ fetches, waves });
});

test('of any plan: no more waves than fetches, and waves whenever there are fetches', () => {
  const { plan } = fc.letrec<{ plan: PlanNode }>((tie) => ({
    plan: fc.oneof(
      { maxDepth: 4 },
      fc.constant<PlanNode>(fetch),
      fc.array(tie('plan'), { maxLength: 3 }).map((nodes) => inTurn(...nodes)),
      fc.array(tie('plan'), { maxLength: 3 }).map((nodes) => atOnce(...nodes)),
      tie('plan').map(flatten),
    ),
  }));
  fc.assert(
    fc.property(plan, (node) => {
      const { fetches, waves } = summary(node);
      expect(waves).toBeLessThanOrEqual(fetches);
      expect(waves > 0).toBe(fetches > 0);
    }),
  );
});

test('the extent of a plan names calls as they are counted, and where the longest way leads', () => {
  const node = inTurn(fetch, atOnce(flatten(entities), flatten(flatten(inTurn(entities, flatten(entities))))));
  expect(planExtent({ kind: 'QueryPlan', node } as QueryPlan)).toEqual({ calls: 'user 3', deepestPath: 'a.a.a' });
  const together = inTurn(fetch, atOnce(flatten(entities), entities));
  expect(planExtent({ kind: 'QueryPlan', node: together } as QueryPlan).calls).toBe('user 2');
  const aliased: PlanNode = { kind: 'Flatten', path: ['_alias_a', '@', 'b'], node: entities };
  expect(planExtent({ kind: 'QueryPlan', node: inTurn(fetch, aliased) } as QueryPlan).deepestPath).toBe('a.b');
  expect(planExtent({ kind: 'QueryPlan' })).toEqual({ calls: '', deepestPath: '' });
});
