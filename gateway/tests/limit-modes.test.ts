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
