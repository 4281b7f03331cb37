import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { startTangledWorld, tree } from './_tangled-supergraph.ts';
import { manifestOf, startWorld, type World } from './_world.ts';

let world: World;
afterEach(() => world.stop());

const plans = (warming: boolean) => world.series('gateway_plan_duration_seconds_count', { warming: String(warming) });
const refused = () => world.series('gateway_plans_refused_total');

test('a small operation that would be planned for minutes is refused, costs the serving thread less than 50 ms, and is refused at once when it comes again', async () => {
  const { world: tangled, hardQuery: query } = await startTangledWorld();
  world = tangled;
  expect(query.length).toBeLessThan(500);
  const before = process.threadCpuUsage();
  const { status, refusal } = await world.post({ query });
  const { user, system } = process.threadCpuUsage(before);
  expect([status, refusal]).toEqual([400, expect.objectContaining({ code: 'PLANNING_LIMIT_EXCEEDED', limitMs: 250 })]);
  expect((user + system) / 1000).toBeLessThan(50);
  for (let again = 0; again < 5; again += 1)
    expect((await world.post({ query })).refusal.code).toBe('PLANNING_LIMIT_EXCEEDED');
  expect(await refused()).toBe(1);
});

test('while operations are refused for their plans, others are planned and served; the threads come back', async () => {
  ({ world } = await startTangledWorld());
  const hard = Array.from({ length: 6 }, (_, index) => `query Hard${index} { node { ${tree(3)} } }`);
  const refusals = hard.map((query) => world.post({ query }));
  for (let turn = 0; turn < 20; turn += 1)
    expect((await world.post({ query: '{ node { id } }' })).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
  for (const refusal of refusals) expect((await refusal).refusal.code).toBe('PLANNING_LIMIT_EXCEEDED');
  expect((await world.post({ query: '{ node { id name } }' })).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
});

test('operations of the manifest are planned before the first request, and again before another supergraph is served', async () => {
  const operations = [
    ['Bio', 'query Bio { user(id: "u1") { bio } }'],
    ['Posts', 'query Posts { posts(first: 1) { nodes { id } } }'],
    ['Gone', 'query Gone { fieldThatIsNotThere }'],
  ] as const;
  world = await startWorld({}, { manifest: manifestOf(operations) });
  expect(await plans(true)).toBe(2);
  for (const [, query] of operations.slice(0, 2)) expect((await world.post({ query })).status).toBe(200);
  const same = await readFile(world.supergraphFile, 'utf8');
  const bio = 'bio: String @join__field(graph: USER)';
  await writeFile(world.supergraphFile, same.replace(bio, `${bio}\n  ${bio.replace('bio', 'motto')}`));
  await expect.poll(() => world.series('supergraph_reload_total', { result: 'loaded' })).toBe(2);
  expect(await plans(true)).toBe(4);
  for (const [, query] of operations.slice(0, 2)) expect((await world.post({ query })).status).toBe(200);
  expect(await plans(false)).toBe(0);
});

test('an operation that many ask for at once is planned once, under every name that is asked for', async () => {
  world = await startWorld();
  const query = 'query A { user(id: "u1") { bio } } query B { posts(first: 1) { nodes { id } } }';
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => world.post({ query, operationName: index % 2 === 0 ? 'A' : 'B' })),
  );
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(answers.map(({ body }) => Object.keys(body.data)[0])).toEqual(
    answers.map((_, index) => (index % 2 === 0 ? 'user' : 'posts')),
  );
  expect(await plans(false)).toBe(2);
});
