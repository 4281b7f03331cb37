import { writeFile } from 'node:fs/promises';
import { composeSupergraph } from '@nova/registry';
import { anonymous } from '@nova/runtime';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { serveSubgraph, type TestSubgraph } from './_subgraphs.ts';
import { startWorld, type World } from './_world.ts';

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports.join(', ')}])`;

// The directives go by other names than their own in both, one by an import and one by its namespace.
const librarySdl = `
  ${link('"@key"', '{ name: "@authenticated", as: "@signedIn" }', '{ name: "@requiresScopes", as: "@needs" }')}
  type Query {
    open: String
    mine: String @signedIn
    either: String @needs(scopes: [["read:a", "read:b"], ["read:all"]])
    shelf: [Item!]
    pick: Pick
    vault: Vault
    level: Level
    code: Code
    book: Book
  }
  type Mutation { write: String @needs(scopes: [["write:it"]]) }
  interface Item { id: ID! title: String owner: String }
  type Book implements Item @key(fields: "id") {
    id: ID!
    title: String
    owner: String @signedIn
    cost: Int @needs(scopes: [["read:costs"]])
  }
  type Film implements Item { id: ID! title: String owner: String }
  type Vault @signedIn { gold: Int }
  union Pick = Film | Vault
  enum Level @signedIn { LOW HIGH }
  scalar Code @needs(scopes: [["read:codes"]])
`;

const pricesSdl = (protection: string) => `
  ${link('"@key"', '"@external"', '"@requires"', '{ name: "@requiresScopes", as: "@needs" }')}
  type Book @key(fields: "id") {
    id: ID!
    cost: Int @external
    price: Int @requires(fields: "cost") ${protection}
  }
`;

function compose(library: string, prices: string, protection = '@needs(scopes: [["read:costs"]])') {
  return composeSupergraph([
    { name: 'library', url: library, sdl: librarySdl },
    { name: 'prices', url: prices, sdl: pricesSdl(protection) },
  ]);
}

const book = { __typename: 'Book', id: 'b1', title: 'Emma', owner: 'ada', cost: 5 };
const film = { __typename: 'Film', id: 'f1', title: 'Metropolis', owner: 'grace' };

let nova: World;
let world: World;
let own: readonly TestSubgraph[];
beforeAll(async () => {
  nova = await startWorld();
  world = await startWorld();
  const verifyIdentity = async () => anonymous;
  const library = await serveSubgraph({
    sdl: librarySdl,
    verifyIdentity,
    resolvers: {
      Query: {
        open: () => 'open',
        mine: () => 'mine',
        either: () => 'either',
        shelf: () => [book, film],
        pick: () => film,
        book: () => book,
        level: () => 'HIGH',
      },
      Book: { __resolveReference: () => book },
    },
  });
  const prices = await serveSubgraph({
    sdl: pricesSdl(''),
    verifyIdentity,
    resolvers: { Book: { price: ({ cost }: { cost: number }) => cost * 2 } },
  });
  own = [library, prices];
  const composed = compose(library.url, prices.url);
  expect(composed).toMatchObject({ kind: 'composed' });
  await writeFile(world.supergraphFile, composed.kind === 'composed' ? composed.supergraphSdl : '');
  await vi.waitUntil(async () => (await world.series('supergraph_reload_total', { result: 'loaded' })) === 2, 10_000);
});
afterAll(async () => {
  await nova?.stop();
  await world?.stop();
  await Promise.all((own ?? []).map((subgraph) => subgraph.kill()));
});
beforeEach(() => {
  for (const subgraph of [...own, ...Object.values(nova.subgraphs)]) subgraph.calls.length = 0;
});

const calls = () => own.reduce((sum, subgraph) => sum + subgraph.calls.length, 0);

/** Asks as a user with these permissions, or as nobody. */
async function ask(body: string | object, permissions?: readonly string[], at = world) {
  const token = permissions && (await at.issuer.token({ claims: { permissions } }));
  return at.post(typeof body === 'string' ? { query: body } : body, token ? { authorization: `Bearer ${token}` } : {});
}

test('nobody who is not signed in writes, and the answer says which field needs it', async () => {
  const query = 'mutation { createPost(input: { body: "x" }) { post { id } } }';
  const { status, body, refusal } = await ask(query, undefined, nova);
  expect(status).toBe(401);
  expect(body.data).toBeUndefined();
  expect(refusal).toEqual({
    code: 'UNAUTHENTICATED',
    retryable: false,
    field: 'Mutation.createPost',
    requestId: expect.any(String),
  });
  expect(nova.subgraphs.content.calls).toEqual([]);
});

test.each([
  ['createPost(input: { body: "x" }) { post { id } }', 'createPost', ['write:posts']],
  ['addComment(input: { postId: "p1", body: "x" }) { comment { id } }', 'addComment', ['write:posts']],
  ['deletePost(input: { id: "p1" }) { deletedPostId }', 'deletePost', ['write:posts', 'delete:post']],
  ['deleteComment(input: { id: "c1" }) { deletedCommentId }', 'deleteComment', ['write:posts', 'delete:comment']],
  ['updateProfile(input: { bio: "x" }) { user { id } }', 'updateProfile', ['write:profile']],
])('%s is refused without its permission, before any subgraph is called', async (selection, field, scopes) => {
  const { status, refusal } = await ask(`mutation { ${selection} }`, ['read:everything'], nova);
  expect([status, refusal.code, refusal.field]).toEqual([403, 'FORBIDDEN', `Mutation.${field}`]);
  expect(refusal.scopes).toEqual(scopes);
  expect(Object.values(nova.subgraphs).flatMap((subgraph) => subgraph.calls)).toEqual([]);
});

test('with the permission an operation runs', async () => {
  const query = 'mutation { createPost(input: { body: "x" }) { post { body } } }';
  expect((await ask(query, ['write:posts'], nova)).body).toEqual({ data: { createPost: { post: { body: 'x' } } } });
});

test.each([
  ['a field', '{ open mine }', 'Query.mine'],
  ['a field under another name', '{ harmless: mine }', 'Query.mine'],
  ['a field that returns a protected object type', '{ vault { gold } }', 'Query.vault'],
  ['a field that returns a protected enum', '{ level }', 'Query.level'],
  ['a field that returns a protected scalar', '{ code }', 'Query.code'],
  ['a field of an interface that one type behind it protects', '{ shelf { owner } }', 'Item.owner'],
  ['a field of that type alone', '{ shelf { ... on Book { owner } } }', 'Book.owner'],
  ['a member of a union', '{ pick { ... on Vault { gold } } }', 'Vault.gold'],
  ['even its name', '{ pick { ... on Vault { __typename } } }', 'Vault.__typename'],
  [
    'a field in a fragment of a fragment',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { mine }',
    'Query.mine',
  ],
  ['a field beside the same under a condition', '{ mine @include(if: false) ... { mine } }', 'Query.mine'],
])('%s is not for who is not signed in: the whole operation is refused', async (_what, query, field) => {
  const { status, body, refusal } = await ask(query);
  expect([status, refusal.code, refusal.field]).toEqual([401, 'UNAUTHENTICATED', field]);
  expect(body.data).toBeUndefined();
  expect(calls()).toBe(0);
});

test.each([
  ['a field that nothing protects', '{ open }', { open: 'open' }],
  [
    'open fields of an interface',
    '{ shelf { title __typename } }',
    {
      shelf: [
        { title: 'Emma', __typename: 'Book' },
        { title: 'Metropolis', __typename: 'Film' },
      ],
    },
  ],
  [
    'the field of a type that does not protect it',
    '{ shelf { ... on Film { owner } } }',
    { shelf: [{}, { owner: 'grace' }] },
  ],
  ['another member of the union', '{ pick { ... on Film { title } } }', { pick: { title: 'Metropolis' } }],
])('%s is for anybody', async (_what, query, data) => {
  expect((await ask(query)).body).toEqual({ data });
});

test('who is signed in may select what asks for no more than that', async () => {
  expect((await ask('{ mine level shelf { owner } }', [])).body.data).toEqual({
    mine: 'mine',
    level: 'HIGH',
    shelf: [{ owner: 'ada' }, { owner: 'grace' }],
  });
});

test.each([
  [[], ['read:a read:b', 'read:all']],
  [['read:a'], ['read:b', 'read:all']],
])(
  'with the permissions %j the refusal says what is missing, alternative by alternative',
  async (permissions, scopes) => {
    const { status, refusal } = await ask('{ either }', permissions);
    expect([status, refusal.code, refusal.scopes]).toEqual([403, 'FORBIDDEN', scopes]);
  },
);

test.each([[['read:a', 'read:b']], [['read:all']]])('the permissions %j are enough', async (permissions) => {
  expect((await ask('{ either }', permissions)).body).toEqual({ data: { either: 'either' } });
});

const conditional = `query ($yes: Boolean!, $no: Boolean = false) {
  open
  ... @include(if: $no) { ...Secrets @skip(if: $yes) }
  mine @skip(if: $yes)
} fragment Secrets on Query { either }`;
test.each<[variables: object, status: number, field?: string]>([
  [{ yes: true }, 200],
  [{ yes: true, no: true }, 200],
  [{ yes: false }, 401, 'Query.mine'],
  [{ yes: false, no: true }, 401, 'Query.either'],
  [{ yes: true, no: false }, 200],
])('what the variables %j leave out asks for nothing', async (variables, status, field) => {
  const answer = await ask({ query: conditional, variables });
  expect([answer.status, answer.refusal.field]).toEqual([status, field]);
});

test('of several operations in a document the one that runs decides', async () => {
  const query = 'query A { open } query B { mine }';
  expect((await ask({ query, operationName: 'A' })).status).toBe(200);
  expect((await ask({ query, operationName: 'B' })).status).toBe(401);
  expect((await ask({ query, operationName: 'B' }, [])).status).toBe(200);
});

test('what is computed by @requires from a protected field is as protected as that', async () => {
  const query = '{ book { price } }';
  expect((await ask(query)).refusal).toMatchObject({ code: 'UNAUTHENTICATED', field: 'Book.price' });
  expect((await ask(query, ['read:all'])).refusal).toMatchObject({ code: 'FORBIDDEN', scopes: ['read:costs'] });
  expect(calls()).toBe(0);
  expect((await ask(query, ['read:costs'])).body).toEqual({ data: { book: { price: 10 } } });
});

test.each([
  ['nothing', ''],
  ['another permission', '@needs(scopes: [["read:prices"]])'],
])('composition refuses a field that gives away by @requires what it protects with %s itself', (_what, protection) => {
  const refused = compose('http://127.0.0.1:1', 'http://127.0.0.1:2', protection);
  expect(refused.kind === 'failed' && refused.errors.join()).toMatch(/Book\.price.*does not specify necessary/);
});
