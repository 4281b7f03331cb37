import { readFileSync } from 'node:fs';
import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';
import { supergraphFile } from '@nova/schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  openSupergraph,
  planMermaid,
  planOperation,
  planPicture,
  planSvg,
  planTree,
  scheduleFetches,
  summarizePlan,
} from '../src/index.ts';

const rootFetch = (serviceName: string, operation = '{ a }') =>
  ({ kind: 'Fetch', serviceName, operation, operationKind: 'query' }) as FetchNode;
const entityFetch = (serviceName: string) =>
  ({
    ...rootFetch(
      serviceName,
      'query($representations: [_Any!]!) { _entities(representations: $representations) { ... on T { b } } }',
    ),
    requires: [{ kind: 'InlineFragment', typeCondition: 'T', selections: [{ kind: 'Field', name: 'id' }] }],
  }) as FetchNode;
const at = (path: string[], node: PlanNode): PlanNode => ({ kind: 'Flatten', path, node });
const inTurn = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Sequence', nodes });
const atOnce = (...nodes: PlanNode[]): PlanNode => ({ kind: 'Parallel', nodes });
const when = (condition: string, ifClause?: PlanNode, elseClause?: PlanNode): PlanNode => ({
  kind: 'Condition',
  condition,
  ifClause,
  elseClause,
});
const planOf = (node?: PlanNode) => ({ kind: 'QueryPlan', node }) as QueryPlan;
const frame = { title: 'query Q' };

const anyPlan = fc.letrec<{ plan: PlanNode }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<PlanNode>(rootFetch('a'), entityFetch('a'), entityFetch('b')),
    fc.array(tie('plan'), { maxLength: 4 }).map((nodes) => inTurn(...nodes)),
    fc.array(tie('plan'), { maxLength: 4 }).map((nodes) => atOnce(...nodes)),
    tie('plan').map((node) => at(['x', '@'], node)),
    tie('plan').map((node) => when('v', node)),
  ),
})).plan;

test('a picture has the requests and the waves that are counted, whatever the plan', () => {
  fc.assert(
    fc.property(anyPlan, (node) => {
      const { requests, waves } = planPicture(planOf(node));
      expect({ fetches: requests.length, waves }).toEqual(summarizePlan(planOf(node)));
    }),
  );
});

/** For each request all that come before it, at whatever remove. */
function allBefore(afters: ReadonlyArray<readonly number[]>): number[][] {
  const before: Set<number>[] = [];
  for (const after of afters) before.push(new Set(after.flatMap((at) => [at, ...(before[at] ?? [])])));
  return before.map((places) => [...places].sort((a, b) => a - b));
}

test('a request waits for all that it waits for in the schedule, and each of these is told once', () => {
  fc.assert(
    fc.property(anyPlan, (node) => {
      const drawn = planPicture(planOf(node)).requests.map(({ after }) => after.map((number) => number - 1));
      const before = allBefore(drawn);
      expect(before).toEqual(allBefore(scheduleFetches(planOf(node)).map(({ after }) => after)));
      for (const after of drawn)
        for (const one of after) expect(after.some((other) => before[other]?.includes(one))).toBe(false);
    }),
  );
});

test('of a condition with two branches both are drawn, though one of them is sent', () => {
  const plan = planOf(inTurn(rootFetch('a'), when('v', rootFetch('b'), rootFetch('c')), rootFetch('d')));
  const { requests } = planPicture(plan);
  expect(summarizePlan(plan).fetches).toBe(3);
  expect(requests.map(({ subgraph, after, parts }) => [subgraph, after, parts[0]?.conditions])).toEqual([
    ['a', [], []],
    ['b', [1], [{ variable: 'v', isTrue: true }]],
    ['c', [1], [{ variable: 'v', isTrue: false }]],
    ['d', [2, 3], []],
  ]);
  const arrows = planMermaid(planPicture(plan), frame).match(/r\d \S+ r\d/g);
  expect(arrows).toEqual(['r1 -.-> r2', 'r1 -.-> r3', 'r2 --> r4', 'r3 --> r4']);
});

test('the tree shows one request with its parts, their conditions, and what it waits for', () => {
  const mine = when('v', when('w', undefined, at(['list', '@', '_alias_mine'], entityFetch('b'))));
  const roots = atOnce(rootFetch('a', '{ list x: y @include(if: $v) }'), rootFetch('c'));
  const node = inTurn(roots, atOnce(mine, at(['other'], entityFetch('b'))));
  expect(planTree(planPicture(planOf(node)), { ...frame, owners: new Map([['b', 'Team B']]) })).toBe(`query Q
├─ wave 1
│  ├─ 1 a
│  │    list, y @include(if: $v)
│  └─ 2 c
│       a
└─ wave 2
   └─ 3 b (Team B), after 1 and 2
        list.mine: T by id @include(if: $v) @skip(if: $w) → b
        other: T by id → b`);
  expect(planTree(planPicture(planOf()), frame)).toBe('query Q\n└─ asks no subgraph');
});

const hostile = `<script>alert("1 & 2")</script>' \` #quot; \n \u0000 ]] -->`;

test('whatever names are in a plan, its pictures are well formed', () => {
  const picture = planPicture(planOf(inTurn(rootFetch(hostile), entityFetch(hostile))));
  const frames = { title: hostile, owners: new Map([[hostile, hostile]]) };
  const svg = planSvg(picture, frames);
  for (const forbidden of ['<script', '\u0000']) expect(svg).not.toContain(forbidden);
  expect(svg.match(/<[a-z]+/g)?.length).toBe(svg.match(/<\/[a-z]+>|\/>/g)?.length);
  expect(svg).toContain('<title id="title">Query plan of &lt;script&gt;alert(&quot;1 &amp; 2&quot;)');
  const boxes = planMermaid(picture, frames).match(/^ +r\d+\[.*$/gm);
  expect(boxes).toHaveLength(2);
  for (const box of boxes ?? []) expect(box).toMatch(/^ +r\d\["<b>[^"`<>]*<\/b>(<br>[^"`<>]*)*"\]:::s0$/);
});

test('a picture of many long texts stays small: what is left out is counted', () => {
  const names = Array.from({ length: 60 }, (_, n) => `aFieldWithALongName${n}`);
  const many = atOnce(...names.map((name) => at([name], entityFetch('b'))));
  const svg = planSvg(planPicture(planOf(inTurn(rootFetch('a', `{ ${names.join(' ')} }`), many))), frame);
  expect(svg.match(/<text/g)?.length).toBeLessThan(20);
  expect(svg).toContain('… 109 more lines');
  expect(Number(/width="(\d+)/.exec(svg)?.[1])).toBeLessThan(1_000);
});

test('of every committed operation the picture has what is counted', () => {
  const opened = openSupergraph(readFileSync(supergraphFile, 'utf8'));
  const manifest = new URL('../../../persisted-queries/manifest.json', import.meta.url);
  for (const { body } of JSON.parse(readFileSync(manifest, 'utf8')).operations) {
    const plan = planOperation(opened, { query: body });
    const { requests, waves } = planPicture(plan);
    expect({ fetches: requests.length, waves }).toEqual(summarizePlan(plan));
  }
});
