import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import type { World } from '../_world.ts';
import { startFaultWorld } from './_fault-world.ts';

const query = '{ posts(first: 1) { nodes { id } } }';
const mutation = 'mutation { createPost(input: { body: "Hello" }) { post { body author { username } } } }';
const cut = (response: ServerResponse) => void response.destroy();
const answer = (status: number, body: string) => (response: ServerResponse) =>
  void response.writeHead(status).end(body);

/** Fails the first so many calls from now on; the others are answered. */
function failFirst(subgraph: World['subgraphs']['user'], count: number, fail: (response: ServerResponse) => void) {
  let left = count;
  subgraph.misbehave((_request, response) => {
    left -= 1;
    if (left === 0) subgraph.misbehave(undefined);
    fail(response);
  });
}

test.each([
  ['was cut off', cut],
  ['a proxy answered with 502', answer(502, '<html>')],
  ['a proxy answered with 503', answer(503, '')],
  ['a proxy answered with 504', answer(504, 'upstream')],
])('a query that %s is sent once more, and nobody notices', async (_what, fail) => {
  const { subgraphs, post, series } = await startFaultWorld();
  failFirst(subgraphs.content, 1, fail);
  const { status, body } = await post({ query });
  expect([status, body.errors, subgraphs.content.calls.length]).toEqual([200, undefined, 2]);
  expect(await series('gateway_subgraph_retries_total', { subgraph: 'content', verdict: 'sent' })).toBe(1);
});

test('no query is sent a third time', async () => {
  const { subgraphs, post } = await startFaultWorld();
  failFirst(subgraphs.content, 2, cut);
  expect((await post({ query })).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
  expect(subgraphs.content.calls).toHaveLength(2);
});

test.each([
  ['that failed in the subgraph', answer(500, 'oops'), 'SUBGRAPH_UNAVAILABLE'],
  ['whose answer is not GraphQL', answer(200, '<html>'), 'SUBGRAPH_UNAVAILABLE'],
  ['that took too long', () => undefined, 'SUBGRAPH_TIMEOUT'],
  [
    'that was answered with errors',
    answer(503, '{"errors":[{"message":"x","extensions":{"code":"OVERLOADED"}}]}'),
    'OVERLOADED',
  ],
])('a query %s is not sent again', async (_what, fail, code) => {
  const { subgraphs, post } = await startFaultWorld({ policies: { content: { timeoutMs: 200 } } });
  failFirst(subgraphs.content, 1, fail);
  expect((await post({ query })).refusal.code).toBe(code);
  expect(subgraphs.content.calls).toHaveLength(1);
});

test('a subgraph whose row says so gets no query twice', async () => {
  const { subgraphs, post } = await startFaultWorld({ policies: { content: { retries: false } } });
  failFirst(subgraphs.content, 1, cut);
  expect((await post({ query })).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
  expect(subgraphs.content.calls).toHaveLength(1);
});

test('a mutation is never sent again, however it failed; the queries that complete its answer are', async () => {
  const { subgraphs, post, issuer } = await startFaultWorld();
  const headers = { authorization: `Bearer ${await issuer.token()}` };
  for (const fail of [cut, answer(502, ''), answer(503, '')]) {
    subgraphs.content.calls.length = 0;
    failFirst(subgraphs.content, 1, fail);
    expect((await post({ query: mutation }, headers)).refusal.code).toBe('SUBGRAPH_UNAVAILABLE');
    expect(subgraphs.content.calls).toHaveLength(1);
  }
  failFirst(subgraphs.user, 1, cut);
  const { body } = await post({ query: mutation }, headers);
  expect(body).toEqual({ data: { createPost: { post: { body: 'Hello', author: { username: 'ada' } } } } });
  expect(subgraphs.user.calls).toHaveLength(2);
});

test('a subgraph that is away for long gets a tenth more than it would without retries, and a few', async () => {
  const { subgraphs, post, series } = await startFaultWorld({
    policies: { content: { breaker: { failures: 1_000 } } },
  });
  subgraphs.content.misbehave((_request, response) => cut(response));
  const requests = 300;
  const client = async () => {
    for (let at = 0; at < requests / 10; at += 1) await post({ query });
  };
  await Promise.all(Array.from({ length: 10 }, client));
  const retries = subgraphs.content.calls.length - requests;
  expect(retries).toBeGreaterThan(requests / 10);
  expect(retries).toBeLessThanOrEqual(requests / 10 + 10);
  const verdict = (name: string) => series('gateway_subgraph_retries_total', { subgraph: 'content', verdict: name });
  expect([await verdict('sent'), await verdict('over-budget')]).toEqual([retries, requests - retries]);
});

test('nothing is sent again to who was given up with that call, and no trial is repeated', async () => {
  const { subgraphs, post, series } = await startFaultWorld({
    policies: {
      content: { breaker: { failures: 1, successes: 1, openMs: 100 } },
    },
  });
  subgraphs.content.misbehave((_request, response) => cut(response));
  await post({ query });
  expect(subgraphs.content.calls).toHaveLength(1);
  const ask = async () => {
    await post({ query });
    return subgraphs.content.calls.length;
  };
  await expect.poll(ask).toBe(2);
  expect(await series('circuit_breaker_state', { subgraph: 'content' })).toBe(2);
});
