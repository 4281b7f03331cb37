import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@nova/runtime';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';

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

function limitsFile(content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'nova-limits-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'limits.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('an operation of the manifest may have limits of its own; another that takes its name has not', async () => {
  const home = `query Home ${feed}`;
  const file = limitsFile({ operations: { Home: { fetches: 3, waves: { mode: 'warn' }, complexity: 5_000 } } });
  world = await startWorld(
    { MAX_FETCHES: '2', MAX_WAVES: '1', MAX_COMPLEXITY: '10', LIMITS_FILE: file },
    { manifest: manifestOf([['Home', home]]) },
  );
  expect((await world.post({ documentId: idOf(home) })).status).toBe(200);
  expect(warnings()).toEqual([expect.objectContaining({ limit: 'waves', figure: 2, allowed: 1 })]);
  expect((await world.post({ query: home })).status).toBe(200);
  const other = `query Home { posts { nodes { id body author { username } } } }`;
  expect((await world.post({ query: other })).refusal).toMatchObject({ code: 'COMPLEXITY_LIMIT_EXCEEDED', limit: 10 });
});

test('a client may have limits of its own once its key has proven who it is, and an operation has the last word', async () => {
  const [key, home] = ['a long secret of the partner', `query Home ${feed}`];
  const file = limitsFile({ clients: { partner: { fetches: 5 } }, operations: { Home: { fetches: 2 } } });
  world = await startWorld(
    { MAX_FETCHES: '1', LIMITS_FILE: file, TRUSTED_CLIENTS: `partner=${idOf(key)}` },
    { manifest: manifestOf([['Home', home]]) },
  );
  const proven = { 'x-nova-client-key': key };
  expect((await world.post({ query: feed }, proven)).status).toBe(200);
  const named = { 'apollographql-client-name': 'partner' };
  expect((await world.post({ query: feed }, named)).refusal).toMatchObject({ code: 'FETCH_LIMIT_EXCEEDED', limit: 1 });
  expect((await world.post({ documentId: idOf(home) }, proven)).refusal).toMatchObject({ limit: 2 });
});

test('every mistake in the file of limits is named before the gateway starts', async () => {
  const file = limitsFile({
    operations: { Home: { depth: 3, complexity: 'much', fetches: 0, waves: { mode: 'ignore', max: 3 } }, Feed: 7 },
    people: {},
  });
  const wrong = startWorld({ LIMITS_FILE: file });
  for (const problem of [
    ': Unrecognized keys ["people"]: expected operations, clients',
    ' at operations.Home: Unrecognized keys ["depth"]: expected complexity, fetches, waves',
    ' at operations.Home.complexity: Invalid input: expected number or object (it is "much")',
    ' at operations.Home.fetches.limit: Too small: expected number to be >0 (it is 0)',
    ' at operations.Home.waves.mode: Invalid option: expected one of "measure"|"warn"|"enforce" (it is "ignore")',
    ' at operations.Home.waves: Unrecognized keys ["max"]: expected limit, mode',
    ' at operations.Feed: Invalid input: expected object, received number (it is 7)',
  ])
    await expect(wrong).rejects.toThrow(`LIMITS_FILE (${file})${problem}`);
  await expect(startWorld({ LIMITS_FILE: limitsFile('{') })).rejects.toThrow('is not JSON');
  await expect(startWorld({ LIMITS_FILE: '/nowhere.json' })).rejects.toThrow('cannot be read');
});
