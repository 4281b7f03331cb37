import type { ServerResponse } from 'node:http';
import { createLogger } from '@nova/runtime';
import { redisFor } from '@nova/testkit';
import { expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { authors, calls, kept, purge, token, tokenFile, user, worldFor, worldIn } from './_entity-cache.ts';
import { send, seriesValue } from './_world.ts';

test.for(['memory', 'redis'] as const)(
  'in %s, what begins to be fetched before a purge is never served after it',
  async (engine, context) => {
    const world = await worldIn(engine, context, { env: { PURGE_TOKEN_FILE: await tokenFile(context) } });
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
  },
);

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
