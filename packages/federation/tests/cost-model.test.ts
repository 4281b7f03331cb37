import { readFileSync } from 'node:fs';
import { supergraphFile } from '@nova/schema';
import fc from 'fast-check';
import { buildSchema, type GraphQLObjectType, type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type CostModel, maxCost, readCostModel } from '../src/index.ts';

const link = (rest = '') =>
  `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/cost/v0.1"${rest}) { query: Query }
   directive @link(url: String, as: String, import: [String]) repeatable on SCHEMA
   directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
   directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  `;
const sdl = `${link(', import: ["@listSize"]')}
type Query {
  people(first: Int = 20, last: Int): [Person!]! @listSize(slicingArguments: ["first", "last"])
  everybody: [Person]
  few: [Person] @listSize(assumedSize: 3)
  page(first: Int = 20): Page @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
  pageOfUnknownSize: Page
  numbers(first: Int): [Int!] @listSize(slicingArguments: ["first"])
  named(name: String @cost(weight: 7), filter: Filter, filters: [Filter]): Person
  thing: Thing
}
input Filter { deep: Boolean @cost(weight: 4) inner: Filter }
interface Thing { price: Int }
type Book implements Thing { price: Int @cost(weight: 2) }
type Car implements Thing { price: Int @cost(weight: 9) }
type Person { name: String bio: String @cost(weight: 5) boss: Person photo: Photo dear: Dear }
type Photo @cost(weight: 0) { url: String }
scalar Dear @cost(weight: 3)
type Page { nodes: [Person] edges: [Edge] total: Int info: Info }
type Info { more: Boolean }
type Edge { node: Person }`;

const schema = buildSchema(sdl);
const model = readCostModel(sdl);

type Ask = {
  on?: string;
  args?: Record<string, unknown>;
  childCost?: number;
  model?: CostModel;
  schema?: GraphQLSchema;
};

function cost(name: string, ask: Ask = {}): number {
  const typeName = ask.on ?? 'Query';
  const type = (ask.schema ?? schema).getType(typeName);
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(typeName);
  const field = (type as GraphQLObjectType).getFields()[name];
  if (!field) throw new Error(name);
  return (ask.model ?? model).fieldCost({ typeName, field, args: ask.args ?? {}, childCost: ask.childCost ?? 0 });
}

describe('a field costs', () => {
  test('1 when it is composite and 0 when it is a scalar', () => {
    expect(cost('boss', { on: 'Person' })).toBe(1);
    expect(cost('name', { on: 'Person' })).toBe(0);
  });

  test('what it selects besides', () => expect(cost('boss', { on: 'Person', childCost: 6 })).toBe(7));

  test('its own weight, else that of the type it returns', () => {
    expect(cost('bio', { on: 'Person' })).toBe(5);
    expect(cost('photo', { on: 'Person', childCost: 2 })).toBe(2);
    expect(cost('dear', { on: 'Person' })).toBe(3);
  });

  test('the weights of the arguments it is given, those inside inputs and lists included', () => {
    expect(cost('named')).toBe(1);
    expect(cost('named', { args: { name: 'a' } })).toBe(8);
    expect(cost('named', { args: { filter: { deep: true, inner: { deep: false } } } })).toBe(9);
    expect(cost('named', { args: { filters: [{ deep: true }, { deep: true }, null] } })).toBe(9);
  });

  test('on an interface, what the dearest implementation asks', () => expect(cost('price', { on: 'Thing' })).toBe(9));

  test('nothing when it is introspection', () => {
    const field = schema.getQueryType()?.getFields().thing;
    if (field) expect(model.fieldCost({ typeName: '__Type', field, args: {}, childCost: 50 })).toBe(0);
  });
});

describe('a list multiplies its items and what they select', () => {
  test('by its slicing argument, the largest when there are several', () => {
    expect(cost('people', { args: { first: 5 }, childCost: 1 })).toBe(10);
    expect(cost('people', { args: { first: 5, last: 30 }, childCost: 1 })).toBe(60);
  });

  test('by the default of the argument when it is null or absent', () => {
    expect(cost('people', { args: { first: null } })).toBe(20);
    expect(cost('people')).toBe(20);
  });

  test('by its assumed size, else by 10', () => {
    expect(cost('few', { childCost: 1 })).toBe(6);
    expect(cost('everybody', { childCost: 1 })).toBe(20);
    expect(cost('numbers')).toBe(0);
  });

  test('by 0 when the argument is negative', () =>
    expect(cost('people', { args: { first: -5 }, childCost: 9 })).toBe(0));
});

describe('a sized connection', () => {
  const nodes = (childCost: number) => cost('nodes', { on: 'Page', childCost });

  test('multiplies what it selects once: its own lists are not multiplied again', () => {
    expect(nodes(4)).toBe(5);
    expect(cost('page', { args: { first: 3 }, childCost: nodes(4) })).toBe(16);
  });

  test('has the assumed size when the field that returns it says nothing', () => {
    expect(cost('pageOfUnknownSize', { childCost: nodes(0) })).toBe(11);
  });
});

test('the directives are found by whatever name composition gave them', () => {
  const renamed = sdl
    .replace(', import: ["@listSize"]', ', as: "price", import: [{ name: "@listSize", as: "@length" }]')
    .replaceAll('@cost', '@price')
    .replaceAll('@listSize(', '@length(')
    .replace('name: "@length", as', 'name: "@listSize", as');
  const other = readCostModel(renamed);
  expect(cost('bio', { on: 'Person', model: other })).toBe(5);
  expect(cost('people', { args: { first: 5 }, model: other })).toBe(5);
});

test('a supergraph without cost directives has the default costs', () => {
  const plain = readCostModel('type Query { a: [Query] }');
  const field = buildSchema('type Query { a: [Query] }').getQueryType()?.getFields().a;
  if (field) expect(plain.fieldCost({ typeName: 'Query', field, args: {}, childCost: 0 })).toBe(10);
});

test("the committed supergraph's home page costs what its rows do", () => {
  const text = readFileSync(supergraphFile, 'utf8');
  const committed = readCostModel(text);
  const whole = buildSchema(text, { assumeValidSDL: true });
  const on = (typeName: string) => ({ on: typeName, model: committed, schema: whole });
  const author = cost('author', on('Post'));
  const comments = cost('comments', {
    ...on('Post'),
    args: { first: 3 },
    childCost: cost('nodes', { ...on('CommentConnection'), childCost: author }),
  });
  const posts = cost('posts', {
    ...on('Query'),
    args: { first: 10 },
    childCost: cost('nodes', { ...on('PostConnection'), childCost: author + comments }),
  });
  expect(posts).toBe(1 + 10 * (1 + 1 + 1 + 3 * (1 + 1)));
});

describe('for all arguments and children', () => {
  const anyNumber = fc.oneof(fc.integer(), fc.constantFrom(-0, 2 ** 31 - 1, -(2 ** 31), 1e308));
  const anyArgs = fc.record({
    first: fc.oneof(anyNumber, fc.constant(null)),
    last: fc.oneof(anyNumber, fc.constant(undefined)),
  });
  const anyField = fc.constantFrom(
    'people',
    'everybody',
    'few',
    'page',
    'pageOfUnknownSize',
    'numbers',
    'named',
    'thing',
  );
  const anyCost = fc.oneof(fc.nat(), fc.constantFrom(maxCost, maxCost - 1));

  test('a cost is a number from 0 to the highest', () => {
    fc.assert(
      fc.property(anyField, anyArgs, anyCost, (name, args, childCost) => {
        const result = cost(name, { args, childCost });
        expect(result).toBeGreaterThanOrEqual(0);
        expect(result).toBeLessThanOrEqual(maxCost);
      }),
    );
  });

  test('asking for more never costs less', () => {
    fc.assert(
      fc.property(anyField, fc.tuple(fc.nat(), fc.nat(), fc.nat()), (name, [first, more, childCost]) => {
        const less = cost(name, { args: { first }, childCost });
        expect(cost(name, { args: { first: first + more }, childCost: childCost + more })).toBeGreaterThanOrEqual(less);
      }),
    );
  });
});
