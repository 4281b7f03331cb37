import { StopStack } from '@nova/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServedFederation, serveFederation } from './_served-federation.ts';
import { startSurroundings } from './_surroundings.ts';
import { manifestOf } from './_world.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12",
  import: ["@key", "@external", "@requires", "@shareable", "@interfaceObject"])`;

const stock = `
  ${link}
  type Query { thing: Thing things: [Thing] crowd: [Being!]! }
  type Thing @key(fields: "id") {
    id: ID!
    weight: Float
    price(currency: String!, year: Int = 2): Int
    parts(first: Int): [Part]
    owner: Cat
    _alias_x: Int
    _r0_price: Int
    height: Int!
  }
  type Part @shareable { text(words: Int): String }
  interface Being @key(fields: "id") { id: ID! }
  type Cat implements Being @key(fields: "id") { id: ID! lives: Int }
  type Dog implements Being @key(fields: "id") { id: ID! lives: Int }
`;
const shop = `
  ${link}
  type Thing @key(fields: "id") {
    id: ID!
    weight: Float @external
    price(currency: String!, year: Int = 2): Int @external
    parts(first: Int): [Part] @external
    label: String
    postage: String @requires(fields: "weight")
    inEuro: String @requires(fields: "price(currency: \\"EUR\\")")
    inDollar: String @requires(fields: "weight price(currency: \\"USD\\", year: 7)")
    parcel: String @requires(fields: "parts { text }")
    letter: String @requires(fields: "parts(first: 2) { text(words: 3) }")
  }
  type Part @shareable { text(words: Int): String }
  type Being @interfaceObject @key(fields: "id") { id: ID! fame: Int rival: Being }
`;

const stack = new StopStack();
let served: ServedFederation;
beforeAll(async () => {
  const subgraphs = [
    { name: 'stock', sdl: stock },
    { name: 'shop', sdl: shop },
  ];
  const federation = await serveFederation(subgraphs, await startSurroundings(stack, manifestOf([])));
  if (!federation) throw new Error('The subgraphs do not compose.');
  served = federation;
  stack.add('federation', served.stop);
});
afterAll(() => stack.stop());

const never = { a: false, b: false };
const first = { a: true, b: false };
const second = { a: false, b: true };
const always = { a: true, b: true };
const conditions = 'query ($a: Boolean!, $b: Boolean!)';

test.for<[law: string, query: string]>([
  [
    'a condition on a field that requires others costs the fields beside it nothing',
    `${conditions} { things { label postage @include(if: $a) inEuro @skip(if: $b) } }`,
  ],
  [
    'nor does one around it',
    `${conditions} { things { label ... @include(if: $a) { parcel ... on Thing @skip(if: $b) { letter postage } } } }`,
  ],
  [
    'required arguments that differ are each right under every condition',
    `${conditions} { things { inEuro @include(if: $a) inDollar @include(if: $b) price(currency: "GBP") @skip(if: $a) } }`,
  ],
  [
    'what is required may be asked for as well, with a condition of its own',
    `${conditions} { things { postage @include(if: $a) weight @include(if: $b) price(currency: "EUR") @skip(if: $b) inEuro } }`,
  ],
  [
    'conditions by literals count',
    `${conditions} { things { label inDollar @skip(if: true) postage @include(if: true) } }`,
  ],
  [
    'both conditions of a field count',
    `${conditions} { things { id height @skip(if: $a) @include(if: false) label @include(if: $a) @skip(if: $b) } }`,
  ],
  [
    'an object of which nothing is left is there all the same',
    `${conditions} { thing @include(if: $a) { ...Rest @skip(if: $a) } things { ... @include(if: false) { id } } } fragment Rest on Thing { label }`,
  ],
  [
    'even where its only field has a condition',
    `${conditions} { thing @include(if: $b) { weight @skip(if: $a) } things { label } type: thing { __typename @include(if: $a) } other: thing { owner { ... on Being { ... on Dog { lives } } } } }`,
  ],
  [
    'a root field whose conditions contradict each other is left out',
    `${conditions} { ... @skip(if: $a) { thing @include(if: $a) { label } } things { label } }`,
  ],
  [
    'a fragment may be spread at several places',
    `${conditions} { thing { ...All id inEuro } things { ...All } } fragment All on Thing { owner { lives } parts { text } }`,
  ],
  [
    'what is required without arguments may be asked for with some',
    `${conditions} { things { parcel @skip(if: $a) parts(first: 1) { text(words: 1) } letter @include(if: $b) } }`,
  ],
  [
    'an object of a type does not become one of its interface',
    `${conditions} { crowd { ... on Cat { __typename fame lives } ... on Dog { __typename @include(if: $a) fame rival { __typename fame id ... on Cat { lives } } } } }`,
  ],
  [
    'an alias may be the name of what plans add',
    `${conditions} { things { x: weight _alias_x _r0_price id: label __typename: postage _entities: inDollar weight: inEuro price: parcel } }`,
  ],
])('%s', async ([, query]) => {
  for (const variables of [never, first, second, always]) {
    const [given, expected] = [await served.ask({ query, variables }), await served.askOneServer({ query, variables })];
    expect({ variables, ...given }).toEqual({ variables, ...expected });
    expect(given.data).not.toBeNull();
  }
});
