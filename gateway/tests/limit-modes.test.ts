import { ConfigError } from '@nova/runtime';
import { afterEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
afterEach(() => world?.stop());

const aliased = (count: number) => `{ ${Array.from({ length: count }, (_, at) => `a${at}: __typename`).join(' ')} }`;
const tolerated = (limit: string, mode: string) => world.series('gateway_limits_tolerated_total', { limit, mode });
const warnings = () => world.logLines.filter(({ msg }) => msg === 'an operation is over a limit that is not enforced');

test('a limit that is measured lets everything through and counts it, at each request', async () => {
  world = await startWorld({ MAX_ALIASES: '3', LIMIT_MODES: 'aliases=measure' });
  for (let turn = 1; turn <= 3; turn += 1) {
    expect((await world.post({ query: aliased(4) })).status).toBe(200);
    expect(await tolerated('aliases', 'measure')).toBe(turn);
  }
  await world.post({ query: aliased(3) });
  expect(await tolerated('aliases', 'measure')).toBe(3);
  expect(warnings()).toEqual([]);
});

test('a limit that warns says besides whose operation it was, by how much', async () => {
  world = await startWorld({ MAX_COMPLEXITY: '10', LIMIT_MODES: 'complexity=warn,depth=warn', MAX_DEPTH: '1' });
  const query = 'query Wide { posts(first: 50) { nodes { id } } }';
  expect((await world.post({ query }, { 'apollographql-client-name': 'phone' })).status).toBe(200);
  expect(await tolerated('complexity', 'warn')).toBe(1);
  expect(await tolerated('depth', 'warn')).toBe(1);
  expect(warnings()).toEqual([
    expect.objectContaining({ limit: 'depth', figure: 2, allowed: 1 }),
    expect.objectContaining({
      limit: 'complexity',
      allowed: 10,
      clientName: 'phone',
      correlationId: expect.any(String),
    }),
  ]);
});

test('what is not named stays enforced, and what protects the gateway itself cannot be measured', async () => {
  world = await startWorld({ MAX_ALIASES: '3', LIMIT_MODES: 'depth=measure' });
  expect((await world.post({ query: aliased(4) })).refusal.code).toBe('ALIAS_LIMIT_EXCEEDED');
  const wrong = startWorld({ LIMIT_MODES: 'selections=measure,depth=ignore' });
  await expect(wrong).rejects.toThrow(ConfigError);
  await expect(wrong).rejects.toThrow(/not "selections"[\s\S]*not "ignore"/);
});

const feed = `{ viewer { id } posts(first: 2) { nodes { by: author { username } comments { nodes { author { username } } } } } }`;

test('an operation that fans out too far is refused before the first call, with how far and where', async () => {
  world = await startWorld({ MAX_FETCHES: '2', MAX_WAVES: '6' });
  const { status, refusal } = await world.post({ query: feed });
  expect([status, refusal]).toMatchObject([
    400,
    { code: 'FETCH_LIMIT_EXCEEDED', fetches: 3, limit: 2, calls: 'content 1, identity 1, user 1' },
  ]);
  expect(refusal.costliestPath).toMatch(/^posts\.nodes\./);
  expect(Object.values(world.subgraphs).flatMap(({ calls }) => calls)).toEqual([]);
  expect((await world.post({ query: '{ post(id: "p1") { author { username } } }' })).status).toBe(200);
});

test('so is one whose calls wait for one another too often; measured, it is served and counted', async () => {
  world = await startWorld({ MAX_WAVES: '1' });
  expect((await world.post({ query: feed })).refusal).toMatchObject({
    code: 'WAVE_LIMIT_EXCEEDED',
    waves: 2,
    limit: 1,
  });
  await world.stop();
  world = await startWorld({ MAX_FETCHES: '1', MAX_WAVES: '1', LIMIT_MODES: 'fetches=warn,waves=measure' });
  expect((await world.post({ query: feed })).status).toBe(200);
  expect([await tolerated('fetches', 'warn'), await tolerated('waves', 'measure')]).toEqual([1, 1]);
  expect(warnings()).toEqual([expect.objectContaining({ limit: 'fetches', figure: 3, allowed: 1 })]);
});
