import { writeFile } from 'node:fs/promises';
import { composeSupergraph } from '@nova/registry';
import { anonymous } from '@nova/runtime';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serveSubgraph, type TestSubgraph } from './_subgraphs.ts';
import { startWorld, type World } from './_world.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12",
  import: ["@key", "@external", "@requires", "@interfaceObject", "@shareable"])`;

const catalogSdl = `
  ${link}
  type Query { product: Product, thing: Thing, shelf: Shelf }
  type Shelf { label: String, thing: Thing, pets: [Pet] }
  interface Pet { name: String }
  type Dog implements Pet { name: String }
  type Product @key(fields: "id") {
    id: ID!
    price(currency: String!): Int
    parts(first: Int!): [Part!]
  }
  type Part { name: String! }
  "Has no type behind it here."
  interface Thing @key(fields: "id") { id: ID! }
`;
const shippingSdl = `
  ${link}
  type Product @key(fields: "id") {
    id: ID!
    price(currency: String!): Int @external
    parts(first: Int!): [Part!] @external
    toEurope: Int @requires(fields: "price(currency: \\"EUR\\")")
    toAmerica: Int @requires(fields: "price(currency: \\"USD\\")")
    parcel: String @requires(fields: "parts(first: 3) { name }")
  }
  type Part { name: String! @external }
`;
const labelsSdl = `
  ${link}
  type Query { box: Box, cat: Cat }
  interface Pet { name: String }
  type Cat implements Pet { name: String, lives: Int }
  type Box { items: [Item!] }
  "The first key leads nowhere."
  type Item @key(fields: "code { one two }", resolvable: false) @key(fields: "id") {
    id: ID!
    code: Code
    name: String! @external
    label: String! @requires(fields: "name")
  }
  type Code { one: String! two: String! }
  type Thing @interfaceObject @key(fields: "id", resolvable: false) { id: ID! hue: String }
`;
const namesSdl = `
  ${link}
  type Item @key(fields: "id") { id: ID! name: String! }
`;

const prices: Readonly<Record<string, number>> = { EUR: 20, USD: 10, GBP: 30 };
const parts = ['leg', 'top', 'nail', 'glue'].map((name) => ({ name }));

let world: World;
let own: readonly TestSubgraph[];
beforeAll(async () => {
  world = await startWorld();
  const verifyIdentity = async () => anonymous;
  const item = { id: 'i1', code: { one: '1', two: '2' } };
  own = [
    await serveSubgraph({
      sdl: catalogSdl,
      verifyIdentity,
      resolvers: {
        Query: {
          product: () => ({ id: 't1' }),
          thing: () => null,
          shelf: () => ({ label: 'top', thing: null, pets: [{ __typename: 'Dog', name: 'Rex' }] }),
        },
        Product: {
          __resolveReference: ({ id }: { id: string }) => ({ id }),
          price: (_: unknown, { currency }: { currency: string }) => prices[currency],
          parts: (_: unknown, { first }: { first: number }) => parts.slice(0, first),
        },
      },
    }),
    await serveSubgraph({
      sdl: shippingSdl,
      verifyIdentity,
      resolvers: {
        Product: {
          __resolveReference: (representation: object) => representation,
          toEurope: ({ price }: { price: number }) => price + 1,
          toAmerica: ({ price }: { price: number }) => price + 1,
          parcel: (product: { parts: typeof parts }) => product.parts.map(({ name }) => name).join(' '),
        },
      },
    }),
    await serveSubgraph({
      sdl: labelsSdl,
      verifyIdentity,
      resolvers: {
        Query: { box: () => ({ items: [item] }) },
        Item: {
          __resolveReference: ({ id, name }: { id?: string; name?: string }) =>
            id === 'i1' ? { ...item, name } : null,
          label: ({ name }: { name: string }) => `the ${name}`,
        },
      },
    }),
    await serveSubgraph({
      sdl: namesSdl,
      verifyIdentity,
      resolvers: { Item: { __resolveReference: ({ id }: { id: string }) => ({ id, name: 'lamp' }) } },
    }),
  ];
  const sdls = { catalog: catalogSdl, shipping: shippingSdl, labels: labelsSdl, names: namesSdl };
  const composed = composeSupergraph(
    Object.entries(sdls).map(([name, sdl], at) => ({ name, sdl, url: own[at]?.url ?? '' })),
  );
  if (composed.kind === 'failed') throw new Error(composed.errors.join('\n'));
  await writeFile(world.supergraphFile, composed.supergraphSdl);
  const isServed = async () => (await world.post({ query: '{ product { id } }' })).status === 200;
  await vi.waitUntil(isServed, { timeout: 60_000 });
});
afterAll(async () => {
  await world?.stop();
  await Promise.all((own ?? []).map((subgraph) => subgraph.kill()));
});

const dataOf = async (query: string, variables: object = {}) => {
  const { body } = await world.post({ query, variables });
  expect(body.errors).toBeUndefined();
  return body.data;
};

test('two fields that require one field with different arguments each get their own', async () => {
  expect(await dataOf('{ product { toEurope toAmerica } }')).toEqual({ product: { toEurope: 21, toAmerica: 11 } });
  expect(await dataOf('{ a: product { toAmerica } b: product { toEurope } }')).toEqual({
    a: { toAmerica: 11 },
    b: { toEurope: 21 },
  });
});

test('what the client asks of a required field does not become what the field gets, nor the other way round', async () => {
  const query = `query ($currency: String!) {
    product { price(currency: $currency) euro: price(currency: "EUR") toEurope toAmerica parts(first: 1) { name } parcel }
  }`;
  expect(await dataOf(query, { currency: 'GBP' })).toEqual({
    product: { price: 30, euro: 20, toEurope: 21, toAmerica: 11, parts: [{ name: 'leg' }], parcel: 'leg top nail' },
  });
});

test('a condition before a field that requires another changes nothing but that field', async () => {
  const query = `query ($america: Boolean!, $europe: Boolean!) {
    product { toEurope @include(if: $europe) toAmerica @include(if: $america) ... @skip(if: $america) { price(currency: "USD") } }
  }`;
  expect(await dataOf(query, { america: true, europe: true })).toEqual({ product: { toEurope: 21, toAmerica: 11 } });
  expect(await dataOf(query, { america: false, europe: true })).toEqual({ product: { toEurope: 21, price: 10 } });
  expect(await dataOf(query, { america: false, europe: false })).toEqual({ product: { price: 10 } });
});

test('the way back into a subgraph is by a key that it can resolve', async () => {
  expect(await dataOf('{ box { items { label } } }')).toEqual({ box: { items: [{ label: 'the lamp' }] } });
});

test.each([
  '{ thing { hue } }',
  '{ shelf { label thing { hue } } }',
  '{ shelf { thing { id tint: hue } } }',
  'query ($a: Boolean = true) { shelf { label ... @include(if: $a) { thing { id ... on Thing { hue } } } } }',
])('a field that no subgraph can answer is an error, not a null without a word: %s', async (query) => {
  const { body } = await world.post({ query });
  expect(body.data ?? null).toBeNull();
  expect(body.errors).toHaveLength(1);
});

test.each([
  ['{ shelf { label thing { id __typename } } }', { label: 'top', thing: null }],
  ['{ shelf { pets { name ... on Cat { lives } } } }', { pets: [{ name: 'Rex' }] }],
  ['{ shelf { pets { ... on Cat { lives } } label } }', { pets: [{}], label: 'top' }],
  ['{ shelf { label thing @skip(if: true) { hue } } }', { label: 'top' }],
  [
    'query ($a: Boolean = true) { shelf { label ... @include(if: $a) { thing @skip(if: $a) { hue } } } }',
    { label: 'top' },
  ],
])('what is never asked of anybody is no error: %s', async (query, shelf) => {
  expect(await dataOf(query)).toEqual({ shelf });
});
