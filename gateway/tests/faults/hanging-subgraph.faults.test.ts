import { expect, test } from 'vitest';
import { askAndHangUp } from '../_ask-and-hang-up.ts';
import type { World } from '../_world.ts';
import { bestMs, callsOf, msOf, query, startWithProxy } from './_fault-world.ts';

const timeoutMs = 400;
/** So that every call is sent. */
const patient = { user: { timeoutMs, breaker: { failures: 1_000 } } };

test.each(['network', 'server'] as const)(
  'a subgraph whose %s swallows every request costs its own fields, within its time limit and 50 ms',
  async (what) => {
    const { world, proxy } = await startWithProxy(patient);
    await world.post({ query });
    if (what === 'network') await proxy.setFault({ kind: 'half-open' });
    else world.subgraphs.user.misbehave(() => undefined);
    const best = await bestMs(5, async () => {
      const { status, body, refusal } = await world.post({ query });
      expect([status, body.data]).toEqual([200, { posts: { nodes: [{ id: 'p1' }, { id: 'p2' }] }, user: null }]);
      expect(refusal).toMatchObject({ code: 'SUBGRAPH_TIMEOUT', retryable: true, service: 'user' });
    });
    expect(best).toBeGreaterThanOrEqual(timeoutMs - 1);
    expect(best).toBeLessThan(timeoutMs + 50);
  },
);

test('who waits for a place of a subgraph that hangs is told as soon as it is given up, and is not sent to it', async () => {
  const policy = { timeoutMs: 1_000, maxRunning: 5, maxQueued: 50, breaker: { failures: 5, openMs: 600_000 } };
  const { world } = await startWithProxy({ user: policy });
  await world.post({ query });
  world.subgraphs.user.misbehave(() => undefined);
  world.subgraphs.user.calls.length = 0;
  const answers = await Promise.all(Array.from({ length: 30 }, () => world.post({ query })));
  expect(answers.every(({ body }) => body.data.posts.nodes.length === 2 && body.data.user === null)).toBe(true);
  // Each failure up to the fifth gives its place to one who waits.
  expect(world.subgraphs.user.calls.length).toBeLessThanOrEqual(5 + 5);
  const refused = answers.filter(({ refusal }) => refusal.reason === 'breaker-open');
  expect(refused.length).toBe(30 - world.subgraphs.user.calls.length);
});

/** Of a few clients at once that ask for nothing of the one that hangs. */
async function slowestButOneInAHundred(world: World): Promise<number> {
  const taken: number[] = [];
  const client = async () => {
    for (let at = 0; at < 50; at += 1)
      taken.push(
        await msOf(async () => {
          const { body } = await world.post({ query: '{ posts(first: 1) { nodes { id } } }' });
          expect(body.data.posts.nodes).toHaveLength(1);
        }),
      );
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return taken.toSorted((one, other) => one - other)[Math.floor(taken.length * 0.99)] ?? Number.NaN;
}

test('while one subgraph hangs with all its places taken, operations that do not need it take no longer', async () => {
  const { world, proxy } = await startWithProxy({
    user: { timeoutMs: 60_000, maxRunning: 20, maxQueued: 10, breaker: { failures: 1_000 } },
  });
  await slowestButOneInAHundred(world);
  const before = await slowestButOneInAHundred(world);
  await proxy.setFault({ kind: 'half-open' });
  const clients = Array.from({ length: 30 }, () => askAndHangUp(world, { query }));
  await expect.poll(() => callsOf(world, 'user', 'running')).toBe(20);
  await expect.poll(() => callsOf(world, 'user', 'queued')).toBe(10);
  const meanwhile: number[] = [];
  for (let at = 0; at < 3; at += 1) meanwhile.push(await slowestButOneInAHundred(world));
  await Promise.all(clients.map((hangUp) => hangUp()));
  // Generous, because others use the machine as well; who waited for the one that hangs would take a minute.
  expect(Math.min(...meanwhile)).toBeLessThan(before * 2 + 100);
  await expect.poll(() => callsOf(world, 'user', 'running')).toBe(0);
});
