import type { ServerResponse } from 'node:http';
import type { FaultProxy } from '@nova/testkit';
import { expect, test } from 'vitest';
import { askAndHangUp } from '../_ask-and-hang-up.ts';
import type { World } from '../_world.ts';
import { ada, bestMs, callsOf, query, startWithProxy } from './_fault-world.ts';

const breaker = { failures: 5, successes: 3, openMs: 300 };
const policy = { timeoutMs: 30_000, breaker, retries: false };

const stateOf = (world: World) => world.series('circuit_breaker_state', { subgraph: 'user' });
const [closed, halfOpen, open] = [0, 1, 2];
const calls = (world: World) => world.subgraphs.user.calls.length;

const answerWith = (status: number, body: string) => (world: World) =>
  world.subgraphs.user.misbehave((_request, response) => void response.writeHead(status).end(body));
const through = (kind: 'down' | 'reset' | 'half-open') => (_world: World, proxy: FaultProxy) =>
  proxy.setFault({ kind });

test.each<{ what: string; fail: (world: World, proxy: FaultProxy) => unknown; code?: string; timeoutMs?: number }>([
  { what: 'refuses connections', fail: through('down') },
  { what: 'resets connections', fail: through('reset') },
  { what: 'swallows requests', fail: through('half-open'), code: 'SUBGRAPH_TIMEOUT', timeoutMs: 1_000 },
  { what: 'answers with garbage', fail: answerWith(200, '<html>') },
  { what: 'answers 500 and no GraphQL', fail: answerWith(500, 'oops') },
])(
  'a subgraph that $what is asked five times and then left alone, while the rest is served; well again it is used again',
  async ({ fail, code = 'SUBGRAPH_UNAVAILABLE', timeoutMs = policy.timeoutMs }) => {
    const { world, proxy } = await startWithProxy({ user: { ...policy, timeoutMs } });
    const ask = async () => {
      const { status, body, refusal } = await world.post({ query });
      expect([status, body.data.posts.nodes.length, body.data.user, refusal.code]).toEqual([200, 2, null, code]);
    };
    await world.post({ query });
    await fail(world, proxy);
    await Promise.all(Array.from({ length: breaker.failures - 1 }, ask));
    expect(await stateOf(world)).toBe(closed);
    await ask();
    // Far less than a second after the last failure: before anything else is asked.
    expect(await stateOf(world)).toBe(open);
    expect(await world.series('circuit_breaker_failures_total', { subgraph: 'user' })).toBe(breaker.failures);
    world.subgraphs.user.misbehave(undefined);
    await proxy.clear();
    await expect.poll(async () => (await world.post({ query })).body.data.user, { interval: 20 }).toEqual(ada);
    const stateAfterCall = async () => {
      await world.post({ query });
      return stateOf(world);
    };
    await expect.poll(stateAfterCall, { interval: 20 }).toBe(closed);
    const changes = world.logLines.flatMap(({ breaker }) => breaker ?? []);
    expect([changes[0], changes.includes('half-open'), changes.at(-1)]).toEqual(['open', true, 'closed']);
  },
);

test('an open breaker answers at once, with a code and a reason, and nothing reaches the subgraph', async () => {
  const { world, proxy } = await startWithProxy({ user: { ...policy, breaker: { ...breaker, openMs: 600_000 } } });
  await proxy.setFault({ kind: 'down' });
  await Promise.all(Array.from({ length: breaker.failures }, () => world.post({ query })));
  await proxy.clear();
  const before = calls(world);
  const best = await bestMs(30, async () => {
    const { body, refusal } = await world.post({ query: '{ user(id: "u1") { username } }' });
    expect(body.data.user).toBeNull();
    expect(refusal).toMatchObject({
      code: 'SUBGRAPH_UNAVAILABLE',
      retryable: true,
      service: 'user',
      reason: 'breaker-open',
    });
  });
  // With the whole way through HTTP and back.
  expect(best).toBeLessThan(5);
  expect(calls(world)).toBe(before);
  expect(await world.series('gateway_subgraph_refusals_total', { subgraph: 'user', by: 'breaker' })).toBe(30);
});

test('a subgraph that comes back is tried by one call at a time, and trusted after three good ones', async () => {
  const { world, proxy } = await startWithProxy({ user: policy });
  await proxy.setFault({ kind: 'down' });
  for (let at = 0; at < breaker.failures; at += 1) await world.post({ query });
  await proxy.clear();
  const held: ServerResponse[] = [];
  world.subgraphs.user.misbehave((_request, response) => void held.push(response));
  const before = calls(world);
  for (let trial = 1; trial <= breaker.successes; trial += 1) {
    const asked: Promise<unknown>[] = [];
    let refused = 0;
    const ask = () => {
      asked.push(
        world.post({ query }).then(({ refusal }) => {
          if (refusal.reason === 'breaker-open') refused += 1;
        }),
      );
    };
    const askUntilHeld = () => {
      if (held.length === 0) ask();
      return held.length;
    };
    await expect.poll(askUntilHeld, { interval: 20 }).toBe(1);
    const early = asked.length;
    for (let at = 0; at < 20; at += 1) ask();
    await expect.poll(() => refused).toBe(early + 20 - 1);
    expect(await stateOf(world)).toBe(halfOpen);
    held.pop()?.writeHead(200).end('{"data":{"user":{"username":"ada"}}}');
    await Promise.all(asked);
    expect(calls(world)).toBe(before + trial);
  }
  expect(await stateOf(world)).toBe(closed);
});

test('what a subgraph refuses on purpose, and clients that hang up, open no breaker', async () => {
  const { world } = await startWithProxy({ user: { ...policy, breaker: { failures: 1 } } });
  world.subgraphs.user.misbehave((_request, response) => {
    response
      .writeHead(400)
      .end('{"data":{"user":null},"errors":[{"message":"No.","extensions":{"code":"NOT_FOUND"}}]}');
  });
  expect((await world.post({ query })).refusal.code).toBe('NOT_FOUND');
  world.subgraphs.user.misbehave(() => undefined);
  const before = calls(world);
  const hangUp = askAndHangUp(world, { query });
  await expect.poll(() => calls(world)).toBe(before + 1);
  await hangUp();
  await expect.poll(() => callsOf(world, 'user', 'running')).toBe(0);
  expect(await stateOf(world)).toBe(closed);
});

test('a request whose own time is up says nothing about the subgraph', async () => {
  const { world } = await startWithProxy(
    { user: { ...policy, breaker: { failures: 1 } } },
    { REQUEST_TIMEOUT_MS: '300' },
  );
  world.subgraphs.user.misbehave(() => undefined);
  expect((await world.post({ query })).refusal.code).toBe('DEADLINE_EXCEEDED');
  expect(await stateOf(world)).toBe(closed);
});
