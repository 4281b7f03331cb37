import { anonymous, createLogger, createMetrics, headerNames, type Identity } from '@nova/runtime';
import { createTestKeys, subgraphClient, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSubgraphServer } from '../src/index.ts';

const keys = createTestKeys();
const resolved: string[] = [];
let server: Awaited<ReturnType<typeof startSubgraphServer>>;
let send: ReturnType<typeof subgraphClient>;

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12",
    import: ["@key", "@external", "@requires", { name: "@authenticated", as: "@signedIn" }])

  directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION
  enum CacheControlScope { PUBLIC PRIVATE }

  type Query {
    open: String @cacheControl(maxAge: 60)
    mine: String @signedIn @cacheControl(maxAge: 60)
    either: String @federation__requiresScopes(scopes: [["read:a", "read:b"], ["read:all"]])
    vault: Vault
    level: Level
    code: Code
    codes: [Code!]
    node: Node
    thing: Thing
  }
  type Mutation { write: String @federation__requiresScopes(scopes: [["write:it"]]) }

  type Vault @signedIn { gold: Int, silver: Int }
  enum Level @signedIn { LOW HIGH }
  scalar Code @federation__requiresScopes(scopes: [["read:codes"]])

  interface Node { id: ID! secret: String @signedIn }
  type Leaf implements Node @key(fields: "id") { id: ID! secret: String shade: String }
  interface Thing @signedIn { name: String }
  type Stone implements Thing { name: String weight: Int }

  type Parcel @key(fields: "id") {
    id: ID!
    price: Int @external
    "Computed from a price that only the signed-in may see."
    shipping: Int @requires(fields: "price") @signedIn
    size: Int
  }
  extend type Leaf { hue: String @signedIn }
`;

function note<T>(name: string, value: T): () => T {
  return () => {
    resolved.push(name);
    return value;
  };
}

beforeAll(async () => {
  server = await startSubgraphServer({
    name: 'small',
    sdl,
    host: '127.0.0.1',
    port: 0,
    resolvers: {
      Query: {
        open: note('open', 'open'),
        mine: note('mine', 'mine'),
        either: note('either', 'either'),
        vault: note('vault', { gold: 1, silver: 2 }),
        level: note('level', 'HIGH'),
        code: note('code', 'c1'),
        codes: note('codes', ['c1']),
        node: note('node', { __typename: 'Leaf', id: '1', secret: 'hidden', shade: 'green', hue: 'blue' }),
        thing: note('thing', { __typename: 'Stone', name: 'pebble', weight: 3 }),
      },
      Mutation: { write: note('write', 'written') },
      Leaf: { __resolveReference: ({ id }: { id: string }) => ({ id, secret: 'hidden', shade: 'green', hue: 'blue' }) },
      Parcel: {
        __resolveReference: (reference: object) => ({ ...reference, size: 4 }),
        shipping: ({ price }: { price: number }) => {
          resolved.push('shipping');
          return price / 10;
        },
      },
    },
    createContext: (request) => request,
    verifyIdentity: keys.verify,
    log: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test'),
  });
  send = subgraphClient(server.url, keys);
});
afterAll(async () => {
  await server.stop();
  keys.remove();
});

const user = (...permissions: string[]): Identity => userIdentity('u1', permissions);

async function refusalsOf(query: string, as: Identity, variables: object = {}) {
  resolved.length = 0;
  const { data, errors } = await send(query, { as, variables });
  return { data, refusals: errors.map(({ path, extensions: { code, field } }) => [path?.join('.'), code, field]) };
}

test('what no directive protects is for anybody', async () => {
  expect(await refusalsOf('{ open node { id } }', anonymous)).toEqual({
    data: { open: 'open', node: { id: '1' } },
    refusals: [],
  });
});

test.each([
  ['a field', '{ mine }', 'mine', 'Query.mine'],
  ['a field that returns a protected object type', '{ vault { gold } }', 'vault', 'Query.vault'],
  ['a field that returns a protected enum', '{ level }', 'level', 'Query.level'],
  ['a field that returns a protected scalar', '{ code }', 'code', 'Query.code'],
  ['a list of a protected scalar', '{ codes }', 'codes', 'Query.codes'],
  ['a field that returns a protected interface', '{ thing { name } }', 'thing', 'Query.thing'],
  ['a field that the interface protects', '{ node { id secret } }', 'node.secret', 'Leaf.secret'],
  ['a field of an extension', '{ node { ... on Leaf { hue } } }', 'node.hue', 'Leaf.hue'],
  ['a mutation', 'mutation { write }', 'write', 'Mutation.write'],
])('%s is refused to who is not signed in, and not resolved', async (...row) => {
  const [, query, path, field] = row;
  const { refusals } = await refusalsOf(query, anonymous);
  expect(refusals).toEqual([[path, 'UNAUTHENTICATED', field]]);
  expect(resolved).toEqual(path.startsWith('node') ? ['node'] : []);
});

test('one refused field costs its own value and nothing beside it', async () => {
  const { data } = await refusalsOf('{ open mine node { id secret } }', anonymous);
  expect(data).toEqual({ open: 'open', mine: null, node: { id: '1', secret: null } });
});

test('who is signed in sees what asks for no more than that', async () => {
  const query = '{ mine vault { gold silver } level thing { name ... on Stone { weight } } node { id secret } }';
  const { data, refusals } = await refusalsOf(query, user());
  expect(refusals).toEqual([]);
  expect(data).toEqual({
    mine: 'mine',
    vault: { gold: 1, silver: 2 },
    level: 'HIGH',
    thing: { name: 'pebble', weight: 3 },
    node: { id: '1', secret: 'hidden' },
  });
});

test.each([
  ['nothing', [], ['read:a read:b', 'read:all']],
  ['one of two', ['read:a'], ['read:b', 'read:all']],
  ['another permission', ['write:it'], ['read:a read:b', 'read:all']],
])('with %s the refusal says what is missing, alternative by alternative', async (_what, permissions, scopes) => {
  const { errors } = await send('{ either }', { as: user(...permissions) });
  expect(errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', retryable: false, field: 'Query.either', scopes });
});

test.each([[['read:b', 'read:a']], [['read:all']]])('any one alternative is enough: %j', async (permissions) => {
  expect((await refusalsOf('{ either }', user(...permissions))).data).toEqual({ either: 'either' });
});

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    ... on Parcel { size shipping }
    ... on Leaf { shade secret }
  }
}`;

test('fields of entities, and those computed from what other subgraphs gave, are refused the same way', async () => {
  const representations = [
    { __typename: 'Parcel', id: 'p1', price: 50 },
    { __typename: 'Leaf', id: 'l1' },
  ];
  const refused = await refusalsOf(entities, anonymous, { representations });
  expect(refused.data._entities).toEqual([
    { size: 4, shipping: null },
    { shade: 'green', secret: null },
  ]);
  expect(refused.refusals).toEqual([
    ['_entities.0.shipping', 'UNAUTHENTICATED', 'Parcel.shipping'],
    ['_entities.1.secret', 'UNAUTHENTICATED', 'Leaf.secret'],
  ]);
  expect(resolved).toEqual([]);
  const allowed = await refusalsOf(entities, user(), { representations });
  expect(allowed.data._entities).toEqual([
    { size: 4, shipping: 5 },
    { shade: 'green', secret: 'hidden' },
  ]);
});

test('what is not for everybody is never said to be fit for shared caches', async () => {
  const cacheControlOf = async (query: string) => {
    const identity = await keys.sign(userIdentity('u1', []));
    const headers = { 'content-type': 'application/json', [headerNames.identity]: identity };
    const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
    return response.headers.get('cache-control');
  };
  expect(await cacheControlOf('{ open }')).toBe('max-age=60, public');
  expect(await cacheControlOf('{ open mine }')).toBe('max-age=60, private');
});
