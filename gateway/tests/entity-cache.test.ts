import { redisFor, startFaultProxy } from '@nova/testkit';
import { describe, expect, test } from 'vitest';
import { authors, calls, get, kept, purge, tokenFile, user, worldFor, worldIn } from './_entity-cache.ts';

describe.each(['memory', 'redis'] as const)('in %s', (engine) => {
  test('what is everybody’s is asked for once, and the answer stays the same', async (context) => {
    const world = await worldIn(engine, context);
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
    const world = await worldIn(engine, context);
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
