import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { describe, expect, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { idOf, manifestOf, send, seriesValue, startWorld, type World } from './_world.ts';

const cached = { ENTITY_CACHE: 'on', ENTITY_CACHE_TIMEOUT_MS: '5000' };
const authors = (first: number) => `{ posts(first: ${first}) { nodes { id author { username } } } }`;
const user = '{ user(id: "u1") { username } }';
const preflighted = { 'apollo-require-preflight': 'true' };

type Options = { readonly env?: Readonly<Record<string, string>>; readonly now?: () => number };

async function worldFor(context: TestContext, { env = {}, now }: Options = {}): Promise<World> {
  const manifest = manifestOf([1, 2, 3].map((first) => [`Authors${first}`, authors(first)] as const));
  const world = await startWorld({ ...cached, ...env }, { now, manifest });
  context.onTestFinished(() => world.stop());
  if (env.REDIS_URL) await expect.poll(() => world.series('redis_connected')).toBe(1);
  for (const subgraph of Object.values(world.subgraphs)) subgraph.cacheControl('public, max-age=60');
  return world;
}

const get = (world: World, query: string) => world.get(`/graphql?documentId=${idOf(query)}`, preflighted);

type Calls = Record<keyof World['subgraphs'], number>;

async function calls({ subgraphs }: World, work: () => Promise<unknown>): Promise<Calls> {
  const count = (): Calls => ({
    content: subgraphs.content.calls.length,
    user: subgraphs.user.calls.length,
    identity: subgraphs.identity.calls.length,
  });
  const before = count();
  await work();
  const after = count();
  return {
    content: after.content - before.content,
    user: after.user - before.user,
    identity: after.identity - before.identity,
  };
}

const token = 'purge-token-for-tests-of-forty-characters';

async function tokenFile(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-purge-'));
  context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'token'), `${token}\n`);
  return join(directory, 'token');
}

function purge({ gateway }: Pick<World, 'gateway'>, body: unknown, init: RequestInit = {}) {
  return send(`${gateway.adminUrl}/purge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}

/** Until what was answered is also kept. */
const kept = (world: World, query: string) =>
  expect
    .poll(async () => Object.values(await calls(world, () => world.post({ query }))).reduce((sum, n) => sum + n))
    .toBe(0);

describe.each(['memory', 'redis'] as const)('in %s', (engine) => {
  const open = async (context: TestContext, { env = {}, now }: Options = {}) =>
    worldFor(context, {
      env: { ...env, ...(engine === 'redis' && { REDIS_URL: (await redisFor(context)).url }) },
      now,
    });

  test('what is everybody’s is asked for once, and the answer stays the same', async (context) => {
    const world = await open(context);
    const first = await world.post({ query: authors(3) });
    await kept(world, authors(3));
    const again = await world.post({ query: authors(3) });
    expect(again.body).toEqual(first.body);
    expect(again.body.data.posts.nodes[2].author).toEqual({ username: 'alan' });
    expect(await world.series('gateway_entity_cache_lookups_total', { subgraph: 'user', result: 'miss' })).toBe(3);
    expect(
      await world.series('gateway_entity_cache_lookups_total', { subgraph: 'user', result: 'hit' }),
    ).toBeGreaterThanOrEqual(3);
  });

  test('only entities that are not kept are asked for, and all come in their order', async (context) => {
    const world = await open(context);
    await world.post({ query: authors(1) });
    await kept(world, authors(1));
    world.subgraphs.user.calls.length = 0;
    const { body } = await world.post({ query: authors(3) });
    expect(world.subgraphs.user.calls.map(({ variables }) => variables)).toEqual([
      { representations: [2, 3].map((id) => ({ __typename: 'User', id: `u${id}` })) },
    ]);
    expect(body).toEqual({
      data: {
        posts: { nodes: ['ada', 'grace', 'alan'].map((username, at) => ({ id: `p${at + 1}`, author: { username } })) },
      },
    });
  });

  test('what begins to be fetched before a purge is never served after it', async (context) => {
    const world = await open(context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) } });
    const held: ServerResponse[] = [];
    world.subgraphs.user.misbehave((_request, response) => held.push(response));
    const reading = world.post({ query: user });
    await expect.poll(() => held.length).toBe(1);
    expect((await purge(world, { tags: ['User:u1'] })).status).toBe(200);
    held[0]?.setHeader('content-type', 'application/json');
    held[0]?.end(JSON.stringify({ data: { user: { username: 'old' } } }));
    expect((await reading).body.data.user.username).toBe('old');
    world.subgraphs.user.misbehave(undefined);
    for (let time = 0; time < 3; time += 1)
      expect((await world.post({ query: user })).body.data.user.username).toBe('ada');
  });
});

test('what was answered without a user is not served to one, nor the other way round', async (context) => {
  const world = await worldFor(context);
  const headers = { authorization: `Bearer ${await world.issuer.token()}` };
  await kept(world, user);
  expect(await calls(world, () => world.post({ query: user }, headers))).toMatchObject({ user: 1 });
  await expect.poll(() => calls(world, () => world.post({ query: user }, headers))).toMatchObject({ user: 0 });

  await kept(world, authors(1));
  expect(await calls(world, () => world.post({ query: authors(1) }, headers))).toMatchObject({ content: 1, user: 1 });
  const other = '{ user(id: "u2") { username } }';
  await world.post({ query: other }, headers);
  expect(await calls(world, () => world.post({ query: other }))).toMatchObject({ user: 1 });
});

test('who asks after a purge does not join what began to be fetched before it', async (context) => {
  const world = await worldFor(context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) } });
  const held: ServerResponse[] = [];
  world.subgraphs.user.misbehave((_request, response) => held.push(response));
  const answer = (response: ServerResponse | undefined, username: string) => {
    response?.setHeader('content-type', 'application/json');
    response?.end(JSON.stringify({ data: { user: { username } } }));
  };
  const before = world.post({ query: user });
  await expect.poll(() => held.length).toBe(1);
  await purge(world, { tags: ['User:u1'] });
  // Another operation with the same fetch, or the whole would be shared.
  const after = world.post({ query: '{ user(id: "u1") { username } viewer { id } }' });
  await expect.poll(() => held.length).toBe(2);
  answer(held[1], 'new');
  answer(held[0], 'old');
  expect((await before).body.data.user.username).toBe('old');
  expect((await after).body.data.user.username).toBe('new');
  world.subgraphs.user.misbehave(undefined);
  expect((await world.post({ query: user })).body.data.user.username).not.toBe('old');
});

test('a purge on one gateway holds for a fetch that began on another, with one Redis', async (context) => {
  const redis = await redisFor(context);
  const world = await worldFor(context, { env: { REDIS_URL: redis.url, PURGE_TOKEN_FILE: await tokenFile(context) } });
  const log = createLogger({ service: 'test', level: 'silent' });
  const other = await createGateway(toConfig(readEnv(world.env)), { log });
  context.onTestFinished(() => other.stop());
  const connected = async () =>
    seriesValue(await (await fetch(`${other.adminUrl}/metrics`)).text(), 'redis_connected', {});
  await expect.poll(connected).toBe(1);
  const readOther = async () =>
    (
      await send(`${other.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: user }),
      })
    ).body.data.user.username;
  const held: ServerResponse[] = [];
  world.subgraphs.user.misbehave((_request, response) => held.push(response));
  const reading = readOther();
  await expect.poll(() => held.length).toBe(1);
  await purge(world, { tags: ['User:u1'] });
  held[0]?.setHeader('content-type', 'application/json');
  held[0]?.end(JSON.stringify({ data: { user: { username: 'old' } } }));
  expect(await reading).toBe('old');
  world.subgraphs.user.misbehave(undefined);
  expect((await world.post({ query: user })).body.data.user.username).toBe('ada');
  await kept(world, user);
  // What one keeps the other serves.
  expect(await calls(world, async () => expect(await readOther()).toBe('ada'))).toMatchObject({ user: 0 });
});

test('an answer from the cache may be kept for what is left of its life', async (context) => {
  let now = Date.now();
  const world = await worldFor(context, { now: () => now });
  world.subgraphs.content.cacheControl('public, max-age=30');
  expect((await get(world, authors(2))).headers.get('cache-control')).toBe('public, max-age=30');
  now += 10_000;
  expect((await get(world, authors(2))).headers.get('cache-control')).toBe('public, max-age=20');
  world.subgraphs.user.cacheControl('public, max-age=5');
  expect((await get(world, authors(3))).headers.get('cache-control')).toBe('public, max-age=5');
  now += 20_000;
  expect(await calls(world, () => get(world, authors(2)))).toEqual({ content: 1, user: 0, identity: 0 });
});

test('who asks not to be answered from a cache is not, and the next one is answered what that brought', async (context) => {
  const world = await worldFor(context);
  await world.post({ query: user });
  for (const value of ['no-cache', 'max-age=0', 'foo, no-cache'])
    expect(await calls(world, () => world.post({ query: user }, { 'cache-control': value }))).toMatchObject({
      user: 1,
    });
  world.subgraphs.user.distort((value) => (value === 'ada' ? 'countess' : value));
  await world.post({ query: user }, { 'cache-control': 'no-cache' });
  const next = await calls(world, async () =>
    expect((await world.post({ query: user })).body.data.user.username).toBe('countess'),
  );
  expect(next).toMatchObject({ user: 0 });
  expect(await calls(world, () => world.post({ query: user }, { 'cache-control': 'max-age=60' }))).toMatchObject({
    user: 0,
  });
});

test('no hint lets an entry live longer than the operator allows', async (context) => {
  let now = Date.now();
  const world = await worldFor(context, { env: { ENTITY_CACHE_MAX_AGE_SECONDS: '10' }, now: () => now });
  await world.post({ query: user });
  now += 9_000;
  expect(await calls(world, () => world.post({ query: user }))).toMatchObject({ user: 0 });
  now += 1_001;
  expect(await calls(world, () => world.post({ query: user }))).toMatchObject({ user: 1 });
});

test('what is not everybody’s, or has an error, is asked for every time', async (context) => {
  const world = await worldFor(context);
  const asked = async (query: string) => [
    await calls(world, () => world.post({ query })),
    await calls(world, () => world.post({ query })),
  ];
  for (const said of [
    undefined,
    'private, max-age=60',
    'max-age=60',
    'no-store',
    'public, max-age=0',
    'public, no-cache, max-age=60',
  ]) {
    world.subgraphs.user.cacheControl(said);
    expect([said, ...(await asked(user))]).toMatchObject([said, { user: 1 }, { user: 1 }]);
  }
  world.subgraphs.user.cacheControl('public, max-age=60');
  world.subgraphs.user.misbehave((_request, response) => {
    const errors = [{ message: 'no', extensions: { code: 'NOT_FOUND' } }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { user: null }, errors }));
  });
  expect(await asked(user)).toMatchObject([{ user: 1 }, { user: 1 }]);
});

test('what one viewer is told no other is, and what a mutation asks is asked', async (context) => {
  const world = await worldFor(context);
  world.subgraphs.identity.cacheControl('private, max-age=60');
  const query = '{ viewer { id user { username } } posts(first: 1) { nodes { body } } }';
  const as = async (sub: string) => ({ authorization: `Bearer ${await world.issuer.token({ claims: { sub } })}` });
  for (const id of ['u1', 'u2', 'u1'])
    expect((await world.post({ query }, await as(id))).body.data).toMatchObject({
      viewer: { id },
      posts: { nodes: [{ body: 'Post 1' }] },
    });
  expect((await world.post({ query })).body.data.viewer).toBeNull();
  const mutation = 'mutation { createPost(input: { body: "x" }) { post { id author { username } } } }';
  const posted = async () => world.post({ query: mutation }, await as('u1'));
  await posted();
  expect(await calls(world, posted)).toMatchObject({ content: 1, user: 1 });
});

test('an entity that is not there is asked for again, since no event names what may come', async (context) => {
  const world = await worldFor(context);
  world.subgraphs.user.misbehave((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { _entities: [null] } }));
  });
  expect((await world.post({ query: authors(1) })).body.data.posts.nodes[0].author).toBeNull();
  world.subgraphs.user.misbehave(undefined);
  expect((await world.post({ query: authors(1) })).body.data.posts.nodes[0].author).toEqual({ username: 'ada' });
});

test('an error about an entity that was asked for is told at its own place', async (context) => {
  const world = await worldFor(context);
  await world.post({ query: authors(1) });
  world.subgraphs.user.misbehave((_request, response) => {
    const errors = [{ message: 'gone', path: ['_entities', 1, 'username'], extensions: { code: 'NOT_FOUND' } }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data: { _entities: [{ username: 'grace' }, null] }, errors }));
  });
  const { body } = await world.post({ query: authors(3) });
  expect(body.data.posts.nodes.map(({ author }: { author: unknown }) => author)).toEqual([
    { username: 'ada' },
    { username: 'grace' },
    null,
  ]);
  expect(body.errors).toMatchObject([
    { path: ['posts', 'nodes', 2, 'author', 'username'], extensions: { code: 'NOT_FOUND' } },
  ]);
});

test('while a service is away what it said before stands in, is kept by nobody, and is told the operator', async (context) => {
  let now = Date.now();
  const world = await worldFor(context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) }, now: () => now });
  await get(world, authors(2));
  now += 61_000;
  await world.subgraphs.user.kill();
  const answer = await get(world, authors(2));
  expect(answer.body).toEqual({
    data: {
      posts: {
        nodes: [
          { id: 'p1', author: { username: 'ada' } },
          { id: 'p2', author: { username: 'grace' } },
        ],
      },
    },
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await world.series('gateway_entity_cache_lookups_total', { subgraph: 'user', result: 'stale' })).toBe(2);
  expect(world.logLines).toContainEqual(
    expect.objectContaining({ subgraph: 'user', count: 2, msg: 'old answers stood in for a service that is away' }),
  );

  const more = await get(world, authors(3));
  expect(more.body.data.posts.nodes.map(({ author }: { author: unknown }) => author)).toEqual([
    { username: 'ada' },
    { username: 'grace' },
    null,
  ]);
  expect(more.body.errors).toMatchObject([
    { path: ['posts', 'nodes', 2, 'author'], extensions: { code: 'SUBGRAPH_UNAVAILABLE', service: 'user' } },
  ]);

  await purge(world, { tags: ['User:u1'] });
  const purged = await get(world, authors(2));
  expect(purged.body.data.posts.nodes[0].author).toBeNull();
  expect(purged.body.data.posts.nodes[1].author).toEqual({ username: 'grace' });
  now += 300_000;
  expect((await get(world, authors(2))).body.data.posts.nodes[1].author).toBeNull();
});

test('a purge of an entity reaches lists that show it, and what only points to it stays', async (context) => {
  const world = await worldFor(context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) } });
  const asked = () => calls(world, () => world.post({ query: authors(3) }));
  await asked();
  await purge(world, { tags: ['User:u2'], occurredAt: new Date().toISOString() });
  expect(await asked()).toMatchObject({ content: 0, user: 1 });
  await purge(world, { tags: ['Post:never-seen'] });
  expect(await asked()).toMatchObject({ content: 1, user: 0 });
  await purge(world, { tags: ['User'] });
  expect(await asked()).toMatchObject({ content: 0, user: 1 });
  await purge(world, { tags: ['*'] });
  expect(await asked()).toMatchObject({ content: 1, user: 1 });
  expect(await world.series('gateway_entity_cache_purged_tags_total')).toBe(4);
  expect(await world.series('gateway_entity_cache_purge_staleness_seconds_count')).toBe(1);
});

test('only who knows the token may purge, and only with what is a purge', async (context) => {
  const world = await worldFor(context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) } });
  const code = async (body: unknown, init: RequestInit = {}) => {
    const { status, refusal } = await purge(world, body, init);
    return [status, refusal.code];
  };
  const good = { tags: ['User:u1'] };
  for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, `Bearer ${token.slice(1)}`])
    expect(await code(good, { headers: { authorization } })).toEqual([401, 'UNAUTHENTICATED']);
  expect(await code(undefined, { method: 'GET', body: null })).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect(await code('{')).toEqual([400, 'MALFORMED_JSON']);
  expect(await code(`{"tags":["${'x'.repeat(70_000)}"]}`)).toEqual([413, 'BODY_TOO_LARGE']);
  for (const body of [
    {},
    'null',
    { tags: 'User' },
    { tags: [1] },
    { tags: ['a b'] },
    { tags: ['User:'] },
    { tags: [`U:${'x'.repeat(257)}`] },
    { tags: Array(201).fill('User') },
    { ...good, occurredAt: 'then' },
  ])
    expect(await code(body)).toEqual([400, 'BAD_REQUEST']);
  expect(await code(good)).toEqual([200, undefined]);
});

test('without a token there is no page for purges', async (context) => {
  const world = await worldFor(context);
  expect((await purge(world, { tags: ['*'] })).status).toBe(404);
});

test('Redis away or silent leaves the cache out, never the answer', async (context) => {
  const port = Number(new URL((await redisFor(context)).url).port);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
  context.onTestFinished(() => proxy.stop());
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, ENTITY_CACHE_TIMEOUT_MS: '50' };
  const world = await worldFor(context, { env });
  for (const kind of ['down', 'half-open', 'latency'] as const) {
    await proxy.setFault(kind === 'latency' ? { kind, ms: 200 } : { kind });
    const { body } = await world.post({ query: authors(1) });
    expect(body).toEqual({ data: { posts: { nodes: [{ id: 'p1', author: { username: 'ada' } }] } } });
  }
  expect(
    await world.series('gateway_entity_cache_lookups_total', { subgraph: 'user', result: 'skipped' }),
  ).toBeGreaterThan(0);
  await proxy.clear();
  await kept(world, authors(1));
});
