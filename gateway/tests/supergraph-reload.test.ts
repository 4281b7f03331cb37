import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { composeSupergraph } from '@nova/registry';
import { subgraphSdl } from '@nova/schema';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composedWith, withMotto } from './_composed-supergraphs.ts';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

/** The subgraphs under test do not have the field: once the gateway knows it, the rest of the query is answered. */
const motto = () => world.post({ query: '{ user(id: "u1") { motto } posts(first: 1) { nodes { id } } }' });
const loaded = () => world.series('supergraph_reload_total', { result: 'loaded' });
const rejected = () => world.series('supergraph_reload_total', { result: 'rejected' });

test('a changed supergraph is served without a restart', async () => {
  expect((await motto()).refusal.code).toBe('GRAPHQL_VALIDATION_FAILED');
  await writeFile(world.supergraphFile, withMotto());
  await expect.poll(async () => (await motto()).status).toBe(200);
  expect(await loaded()).toBe(2);
});

test('a supergraph that is moved into place is served as well', async () => {
  await writeFile(`${world.supergraphFile}.new`, withMotto());
  await rename(`${world.supergraphFile}.new`, world.supergraphFile);
  await expect.poll(async () => (await motto()).status).toBe(200);
});

test.each([
  ['half a file', (good: string) => good.slice(0, good.length / 2)],
  ['an empty file', () => ''],
  ['a plain schema', () => 'type Query { a: Int }'],
  ['a subgraph', () => subgraphSdl('user')],
  ['a field of an unknown type', (good: string) => good.replace('bio: String', 'bio: Biography')],
  ['a query type without fields', (good: string) => good.replace('query: Query', 'query: PageInfoo')],
  [
    'a link to an unknown feature',
    (good: string) =>
      good.replace(
        '@link(url: "https://specs.apollo.dev/cost/v0.1"',
        '@link(url: "https://example.org/magic/v1.0", for: EXECUTION) @link(url: "https://specs.apollo.dev/cost/v0.1"',
      ),
  ],
])('a bad supergraph never replaces a good one: %s', async (_what, spoil) => {
  const good = await readFile(world.supergraphFile, 'utf8');
  await writeFile(world.supergraphFile, spoil(good));
  await expect.poll(rejected).toBe(1);
  expect((await world.post({ query: '{ user(id: "u1") { bio } }' })).status).toBe(200);
  expect(await world.series('supergraph_rejected')).toBe(1);
  expect(world.logLines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      msg: 'the supergraph on disk cannot be served; the last good one stays',
    }),
  );
  await writeFile(world.supergraphFile, withMotto());
  await expect.poll(async () => (await motto()).status).toBe(200);
  expect(await world.series('supergraph_rejected')).toBe(0);
});

test('a supergraph file that vanishes leaves the last good one in place, and is reported once', async () => {
  await rm(world.supergraphFile);
  await expect.poll(rejected).toBe(1);
  expect((await world.post({ query: '{ user(id: "u1") { bio } }' })).status).toBe(200);
  await writeFile(world.supergraphFile, withMotto());
  await expect.poll(async () => (await motto()).status).toBe(200);
  expect(await rejected()).toBe(1);
});

test('requests under way do not notice that the supergraph changes, whether to a good or a bad one', async () => {
  const good = await readFile(world.supergraphFile, 'utf8');
  const query = '{ posts(first: 5) { nodes { id author { username } } } }';
  let running = true;
  const clients = Array.from({ length: 8 }, async () => {
    const statuses = new Set<number>();
    while (running) statuses.add((await world.post({ query })).status);
    return statuses;
  });
  const versions = [withMotto(), 'nonsense', good, withMotto(), '', good];
  for (const [index, version] of versions.entries()) {
    await writeFile(world.supergraphFile, version);
    await expect.poll(async () => (await loaded()) + (await rejected())).toBe(index + 2);
  }
  running = false;
  for (const statuses of await Promise.all(clients)) expect([...statuses]).toEqual([200]);
});

test('a request that waits for a subgraph is answered though the supergraph changes meanwhile', async () => {
  let release = () => {};
  world.subgraphs.user.misbehave((_request, response) => {
    release = () => response.end(JSON.stringify({ data: { user: { bio: 'late' } } }));
  });
  const waiting = world.post({ query: '{ user(id: "u1") { bio } }' });
  await expect.poll(() => world.subgraphs.user.calls.length).toBe(1);
  await writeFile(world.supergraphFile, withMotto());
  await expect.poll(loaded).toBe(2);
  release();
  expect((await waiting).body).toEqual({ data: { user: { bio: 'late' } } });
});

test('connections to a subgraph that the supergraph drops are closed, and opened again when it returns', async () => {
  const good = await readFile(world.supergraphFile, 'utf8');
  const viewer = () => world.post({ query: '{ viewer { id } }' });
  expect((await viewer()).status).toBe(200);
  const without = composeSupergraph(
    ['content', 'user'].map((name) => ({ name, url: 'http://127.0.0.1:1/graphql', sdl: subgraphSdl(name) })),
  );
  await writeFile(world.supergraphFile, without.kind === 'composed' ? without.supergraphSdl : '');
  await expect.poll(async () => (await viewer()).status).toBe(400);
  await expect.poll(() => world.subgraphs.identity.connections()).toBe(0);
  await writeFile(world.supergraphFile, good);
  await expect.poll(async () => (await viewer()).status).toBe(200);
});

test('a supergraph that protects a field protects it from the moment it is served', async () => {
  const secured = composedWith('user', (sdl) => sdl.replace('bio: String\n', 'bio: String @authenticated\n'));
  expect(secured).toContain('for: SECURITY');
  await writeFile(world.supergraphFile, secured);
  await expect.poll(loaded).toBe(2);
  const query = '{ user(id: "u1") { bio } }';
  expect((await world.post({ query })).status).toBe(401);
  const signedIn = { authorization: `Bearer ${await world.issuer.token()}` };
  expect((await world.post({ query }, signedIn)).status).toBe(200);
});

test('a supergraph with a security feature that nobody enforces is refused', async () => {
  const secured = composedWith('user', (sdl) =>
    sdl
      .replace('"@authenticated"', '"@authenticated", "@policy"')
      .replace('bio: String\n', 'bio: String @policy(policies: [["p"]])\n'),
  );
  expect(secured).toContain('/policy/v0.1", for: SECURITY');
  await writeFile(world.supergraphFile, secured);
  await expect.poll(() => world.series('supergraph_reload_total', { result: 'rejected' })).toBe(1);
  expect((await world.post({ query: '{ user(id: "u1") { bio } }' })).status).toBe(200);
});
