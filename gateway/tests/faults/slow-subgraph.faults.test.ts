import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { askAndHangUp } from '../_ask-and-hang-up.ts';
import type { Answer, World } from '../_world.ts';
import { callsOf, startFaultWorld } from './_fault-world.ts';

const clients = 50;
const bulkhead = { maxRunning: 5, maxQueued: 5 };
const query = '{ posts(first: 1) { nodes { id } } }';

async function startSlow(delayMs: number, policy: object = {}): Promise<{ world: World; mostRunning: () => number }> {
  const world = await startFaultWorld({ policies: { content: { ...bulkhead, timeoutMs: 60_000, ...policy } } });
  await world.post({ query });
  let running = 0;
  let most = 0;
  world.subgraphs.content.misbehave((_request, response) => {
    running += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"data":{"posts":{"nodes":[{"id":"p1"}]}}}');
    }, delayMs);
  });
  return { world, mostRunning: () => most };
}

test.each([
  [100, 4],
  [1_000, 2],
  [5_000, 1],
])(
  'of 50 clients of a subgraph that takes %i ms as many are served at once as it has places, some wait, the others are told to come again',
  async (delayMs, rounds) => {
    const { world, mostRunning } = await startSlow(delayMs);
    const answers: Answer[] = [];
    const client = async () => {
      for (let at = 0; at < rounds; at += 1) answers.push(await world.post({ query }));
    };
    await Promise.all(Array.from({ length: clients }, client));
    expect(mostRunning()).toBe(bulkhead.maxRunning);
    const served = answers.filter(({ status }) => status === 200);
    const shed = answers.filter(({ status }) => status !== 200);
    expect(served.length).toBeGreaterThanOrEqual(bulkhead.maxRunning + bulkhead.maxQueued);
    expect(shed.length).toBeGreaterThanOrEqual(clients - bulkhead.maxRunning - bulkhead.maxQueued);
    for (const { status, headers, refusal } of shed) {
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(refusal).toMatchObject({ code: 'OVERLOADED', retryable: true, service: 'content' });
    }
    expect(await world.series('gateway_subgraph_refusals_total', { subgraph: 'content', by: 'bulkhead' })).toBe(
      shed.length,
    );
    world.subgraphs.content.misbehave(undefined);
    expect((await world.post({ query })).status).toBe(200);
  },
);

test('what is refused for one subgraph costs its fields only; the breaker does not take it for a failure', async () => {
  const { world } = await startSlow(60_000, { maxRunning: 1, maxQueued: 0, breaker: { failures: 1 } });
  const hangUp = askAndHangUp(world, { query });
  await expect.poll(() => callsOf(world, 'content', 'running')).toBe(1);
  const partial = await world.post({ query: '{ posts(first: 1) { nodes { id } } user(id: "u1") { username } }' });
  expect([partial.status, partial.headers.get('retry-after')]).toEqual([200, null]);
  expect(partial.body.data).toEqual({ posts: null, user: { username: 'ada' } });
  expect(partial.refusal).toMatchObject({ code: 'OVERLOADED', service: 'content' });
  await hangUp();
  expect(await world.series('circuit_breaker_state', { subgraph: 'content' })).toBe(0);
});

test('requests that are shed leave nothing behind', async () => {
  const { world } = await startSlow(60_000, { maxRunning: 1, maxQueued: 1 });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = [askAndHangUp(world, { query }), askAndHangUp(world, { query })];
  await expect.poll(() => callsOf(world, 'content', 'queued')).toBe(1);
  const heapAfter = async (requests: number) => {
    const client = async () => {
      for (let at = 0; at < requests / 10; at += 1) expect((await world.post({ query })).status).toBe(503);
    };
    await Promise.all(Array.from({ length: 10 }, client));
    world.logLines.splice(0);
    collect();
    return process.memoryUsage().heapUsed;
  };
  await heapAfter(200);
  const before = await heapAfter(50);
  const after = await heapAfter(300);
  await Promise.all(held.map((hangUp) => hangUp()));
  // A request that stays is more than that.
  expect((after - before) / 300).toBeLessThan(5_000);
});
