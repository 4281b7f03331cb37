import { afterEach, expect, test } from 'vitest';
import { askAndHangUp } from './_ask-and-hang-up.ts';
import { startWorld, type World } from './_world.ts';

let world: World;
afterEach(() => world.stop());

const query = '{ posts(first: 1) { nodes { id } } }';
const ready = async () => (await fetch(`${world.gateway.adminUrl}/readyz`)).status;

/** The subgraph answers nobody until it is told to. */
function holdAnswers(): () => void {
  const held: Array<() => void> = [];
  world.subgraphs.content.misbehave((_request, response) => {
    held.push(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"posts":null}}'));
  });
  return () => {
    world.subgraphs.content.misbehave(undefined);
    for (const answer of held.splice(0)) answer();
  };
}

test('what is more than can run and wait is refused at once and told when to come again; the rest is served, and then everybody', async () => {
  world = await startWorld({ MAX_RUNNING_REQUESTS: '2', MAX_QUEUED_REQUESTS: '3' });
  await world.post({ query });
  const release = holdAnswers();
  const asked = Array.from({ length: 12 }, () => world.post({ query }));
  const refused: number[] = [];
  for (const answer of asked) void answer.then(({ status }) => status === 503 && refused.push(status));
  await expect.poll(() => refused.length).toBe(7);
  expect(await world.series('gateway_requests_running')).toBe(2);
  expect(await world.series('gateway_requests_queued')).toBe(3);
  release();
  const answers = await Promise.all(asked);
  const overloaded = answers.filter(({ refusal }) => refusal.code === 'OVERLOADED');
  expect(overloaded).toHaveLength(7);
  for (const { status, headers, refusal } of overloaded)
    expect([status, headers.get('retry-after'), refusal.retryable]).toEqual([503, '1', true]);
  expect((await world.post({ query })).status).toBe(200);
  expect(await world.series('gateway_requests_running')).toBe(0);
});

test('who hangs up while waiting makes place for others, and his request is never run', async () => {
  world = await startWorld({ MAX_RUNNING_REQUESTS: '1', MAX_QUEUED_REQUESTS: '1' });
  await world.post({ query });
  const calls = world.subgraphs.content.calls.length;
  const release = holdAnswers();
  const first = world.post({ query });
  await expect.poll(() => world.series('gateway_requests_running')).toBe(1);
  const hangUp = askAndHangUp(world, { query });
  await expect.poll(() => world.series('gateway_requests_queued')).toBe(1);
  await hangUp();
  await expect.poll(() => world.series('gateway_requests_queued')).toBe(0);
  release();
  await first;
  expect((await world.post({ query })).status).toBe(200);
  expect(world.subgraphs.content.calls.length).toBe(calls + 2);
});

test('while the event loop is late the gateway is not ready and refuses; it recovers by itself', async () => {
  world = await startWorld({ MAX_EVENT_LOOP_LAG_MS: '30' });
  await expect.poll(ready).toBe(200);
  // The gateway runs in this process: work in between leaves its loop no time.
  const busy = setInterval(() => {
    const until = performance.now() + 150;
    while (performance.now() < until);
  }, 1);
  await expect.poll(ready, { interval: 1 }).toBe(503);
  const { status, refusal, headers } = await world.post({ query });
  clearInterval(busy);
  expect([status, refusal.code, headers.get('retry-after')]).toEqual([503, 'OVERLOADED', '1']);
  await expect.poll(ready).toBe(200);
  expect((await world.post({ query })).status).toBe(200);
});
