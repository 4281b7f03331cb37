import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import { expect, test } from 'vitest';
import { operationCacheability, readSubgraphHints, subgraphContact } from '../src/index.ts';

const shop = `
  extend schema @contact(name: "Shop team")
  type Query {
    item: Item
    basket: Basket @cacheControl(maxAge: 40)
    mine: Basket @cacheControl(maxAge: 40, scope: PRIVATE)
    untold: Untold
    count: Int
    told: Int @cacheControl(maxAge: 9)
    node: Node @cacheControl(maxAge: 90)
  }
  type Item @cacheControl(maxAge: 30) {
    name: String!
    price: Int @cacheControl(maxAge: 3)
    liked: Boolean @cacheControl(scope: PRIVATE)
    next: Item @cacheControl(inheritMaxAge: true)
    untold: Untold
    page: Page
  }
  type Basket { size: Int }
  type Untold { name: String }
  type Page @cacheControl(inheritMaxAge: true) { more: Boolean }
  interface Node { id: ID }
  type Quick implements Node { id: ID @cacheControl(maxAge: 2) }
  extend type Item { extra: Page }
`;
const people =
  'type Person @cacheControl(maxAge: 20) { name: String age: Int @cacheControl(maxAge: 7) } type Ghost { name: String }';
const hints = new Map([
  ['shop', readSubgraphHints(shop)],
  ['people', readSubgraphHints(people)],
]);

function fetchOf(serviceName: string, operation: string): PlanNode {
  return { kind: 'Fetch', serviceName, operation } as PlanNode;
}

function kept(node: PlanNode | undefined): string {
  const { maxAgeSeconds, scope, decidedBy } = operationCacheability({ kind: 'QueryPlan', node } as QueryPlan, hints);
  return `${maxAgeSeconds} ${scope} ${decidedBy}`;
}

test.each([
  ['{ item { name } }', '30 public item', 'a field takes the hint of its type'],
  ['{ basket { size } }', '40 public basket', 'a field may have one of its own'],
  ['{ item { name price } }', '3 public item.price', 'the shortest decides'],
  ['{ it: item { cost: price } }', '3 public it.cost', 'paths are those of the answer'],
  ['{ item { liked price } }', '3 private item.liked', 'a private field makes all private'],
  ['{ mine { size } item { price } }', '3 private mine', 'so does a private root'],
  ['{ item { untold { name } } }', '0 public item.untold', 'a type without a hint ends it'],
  ['{ untold { name } item { name } }', '0 public untold', 'at the root too'],
  ['{ item { page { more } extra { more } } }', '30 public item', 'a type may leave it to its parent'],
  ['{ item { next { name } } }', '30 public item', 'and so may a field'],
  ['{ count }', '0 public count', 'a scalar of the root without a hint is not kept'],
  ['{ told }', '9 public told', 'one with a hint is'],
  ['{ node { id } }', '2 public node.id', 'of an interface the strictest implementer counts'],
  ['{ item { ...P ... { name } } } fragment P on Item { price }', '3 public item.price', 'fragments are looked into'],
  ['{ item { name made { by } } }', '0 public item.made', 'what the SDL does not know is not kept'],
])('%s is kept %s: %s', (operation, expected) => {
  expect(kept(fetchOf('shop', operation))).toBe(expected);
});

test('of several fetches the strictest decides, wherever in the plan it is', () => {
  const entities = (type: string, fields: string) =>
    fetchOf('people', `query ($r: [_Any!]!) { _entities(representations: $r) { ... on ${type} { ${fields} } } }`);
  const flatten = (node: PlanNode) => ({ kind: 'Flatten', path: ['item', '@', 'maker'], node }) as PlanNode;
  const item = fetchOf('shop', '{ item { name } }');
  const after = (node: PlanNode) => kept({ kind: 'Sequence', nodes: [item, flatten(node)] } as PlanNode);
  expect(after(entities('Person', 'name'))).toBe('20 public item.maker');
  expect(after(entities('Person', 'name age'))).toBe('7 public item.maker.age');
  expect(after(entities('Ghost', 'name'))).toBe('0 public item.maker');
  expect(
    after({ kind: 'Parallel', nodes: [entities('Person', 'name'), fetchOf('shop', '{ item { price } }')] } as PlanNode),
  ).toBe('3 public item.maker.item.price');
  const ifClause = entities('Person', 'age');
  expect(after({ kind: 'Condition', condition: 'c', ifClause } as PlanNode)).toBe('7 public item.maker.age');
  expect(after(fetchOf('elsewhere', '{ item { name } }'))).toBe('0 public item.maker');
  expect(kept(undefined)).toBe('0 public ');
});

test('the owner of a subgraph is the contact that its SDL names', () => {
  expect([subgraphContact(shop), subgraphContact(people)]).toEqual(['Shop team', undefined]);
});
