import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTangledWorld, tree } from './_tangled-supergraph.ts';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';

const feed = 'query Feed { posts(first: 2) { nodes { id author { username } } } }';
const manifest = manifestOf([['Feed', feed]]);

let world: World;
beforeAll(async () => {
  world = await startWorld({ APP_ENV: 'development', IDEMPOTENCY_KEYS: 'required', MAX_WAVES: '2' }, { manifest });
});
afterAll(() => world.stop());

const shown = { 'x-nova-plan': '1' };
const dryRun = { 'x-nova-plan': 'dry-run' };
const plan = {
  fetches: 2,
  waves: 2,
  calls: 'content 1, user 1',
  cost: expect.any(Number),
  tree: [
    'query Feed',
    '├─ wave 1',
    '│  └─ 1 content',
    '│       posts',
    '└─ wave 2',
    '   └─ 2 user, after 1',
    '        posts.nodes.author: User by id → username',
  ].join('\n'),
  mermaid: expect.stringMatching(/^---\ntitle: "query Feed"\n---\nflowchart LR\n[\s\S]* {2}r1 --> r2\n/),
};

/** Calls to all subgraphs. */
const calls = () => Object.values(world.subgraphs).reduce((sum, subgraph) => sum + subgraph.calls.length, 0);

test('in development the answer comes with its plan when a header asks for it, and only then', async () => {
  const plain = await world.post({ query: feed });
  expect(plain.body).toEqual({ data: { posts: { nodes: expect.any(Array) } } });
  const { status, body } = await world.post({ query: feed }, shown);
  expect([status, body]).toEqual([200, { data: plain.body.data, extensions: { plan } }]);
});

test('a dry run brings the plan and asks no subgraph', async () => {
  const before = calls();
  const { status, body } = await world.post({ query: feed }, dryRun);
  expect([status, body, calls()]).toEqual([200, { data: null, extensions: { plan } }, before]);
});

test('a dry run of a mutation does nothing, and needs and takes no key', async () => {
  const query = 'mutation Create($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';
  const create = { query, variables: { input: { body: 'Hello' } } };
  const signedIn = { authorization: `Bearer ${await world.issuer.token()}` };
  const before = calls();
  const dry = await world.post(create, { ...signedIn, ...dryRun });
  expect(dry.body).toEqual({ data: null, extensions: { plan: expect.objectContaining({ calls: 'content 1' }) } });
  const key = { 'x-idempotency-key': 'a-key-of-a-test' };
  await world.post(create, { ...signedIn, ...dryRun, ...key });
  expect(calls()).toBe(before);
  const { headers, body } = await world.post(create, { ...signedIn, ...key });
  expect([headers.get('idempotency-replayed'), body.errors]).toEqual([null, undefined]);
  expect(calls()).toBe(before + 1);
  expect((await world.post(create, { ...dryRun })).refusal.code).toBe('UNAUTHENTICATED');
});

test('a plan that is over the budget is shown with the refusal', async () => {
  const query =
    '{ posts(first: 1) { nodes { author { posts(first: 1) { nodes { author { username } } } bio } } } userByUsername(username: "ada") { posts(first: 1) { nodes { author { username } } } } }';
  const refused = await world.post({ query }, shown);
  expect(refused.refusal.code).toBe('WAVE_LIMIT_EXCEEDED');
  expect(refused.body.extensions.plan).toMatchObject({ waves: refused.refusal.waves });
  const dry = await world.post({ query }, dryRun);
  expect([dry.status, dry.body.errors, dry.body.extensions.plan.waves]).toEqual([
    200,
    undefined,
    refused.refusal.waves,
  ]);
});

test('an answer with a plan is never kept', async () => {
  world.subgraphs.content.cacheControl('public, max-age=60');
  world.subgraphs.user.cacheControl('public, max-age=60');
  const get = (headers = {}) =>
    world.get(`/graphql?documentId=${idOf(feed)}`, { 'apollo-require-preflight': 'true', ...headers });
  expect((await get()).headers.get('cache-control')).toBe('public, max-age=60');
  for (const headers of [shown, dryRun]) {
    const answer = await get(headers);
    expect(answer.body.extensions).toEqual({ plan });
    expect([answer.headers.get('cache-control'), answer.headers.get('etag')]).toEqual(['no-store', null]);
  }
});

test('an answer that asks no subgraph has a plan, too', async () => {
  const { body } = await world.post({ query: '{ __typename }' }, shown);
  expect(body.data).toEqual({ __typename: 'Query' });
  expect(body.extensions.plan).toMatchObject({ fetches: 0, waves: 0, calls: '', tree: 'query\n└─ asks no subgraph' });
});

test('a header that is not understood is refused with what it may be', async () => {
  const { status, refusal, body } = await world.post({ query: feed }, { 'x-nova-plan': 'tree' });
  expect([status, refusal.code, body.errors[0].message]).toEqual([
    400,
    'BAD_REQUEST',
    'x-nova-plan must be 1 or dry-run.',
  ]);
});

test.each(['staging', 'production'])('in %s the header means nothing', async (environment) => {
  const strict = await startWorld({ APP_ENV: environment }, { manifest });
  onTestFinished(() => strict.stop());
  const request = { documentId: idOf(feed) };
  const plain = await strict.post(request);
  expect(plain.body.data.posts.nodes).toHaveLength(2);
  for (const value of ['1', 'dry-run', 'tree'])
    expect((await strict.post(request, { 'x-nova-plan': value })).text).toBe(plain.text);
});

test('the tree of a plan over many subgraphs has as many requests as are counted', async () => {
  const { world: tangled } = await startTangledWorld();
  onTestFinished(() => tangled.stop());
  const query = `{ node { ${tree(1)} } }`;
  const { body } = await tangled.post({ query }, dryRun);
  const { fetches, waves, tree: drawn } = body.extensions.plan;
  expect(fetches).toBeGreaterThan(1);
  expect(drawn.match(/─ \d+ [a-f]/g)).toHaveLength(fetches);
  expect(drawn.match(/─ wave \d+$/gm)).toHaveLength(waves);
});
