import { afterAll, beforeAll, expect, test } from 'vitest';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';

const feed =
  'query Feed { viewer { id } posts(first: 2) { nodes { id author { username } comments { nodes { author { username } } } } } }';

let world: World;
beforeAll(async () => {
  world = await startWorld({}, { manifest: manifestOf([['Feed', feed]]) });
});
afterAll(() => world.stop());

const lastRequest = () => world.logLines.findLast(({ msg }) => msg === 'request');

test('one line is logged a request, with who asked for what and what it took', async () => {
  const { headers } = await world.post(
    { documentId: idOf(feed) },
    { 'apollographql-client-name': 'web', 'apollographql-client-version': '1.2.3' },
  );
  const correlationId = headers.get('x-correlation-id');
  await expect.poll(lastRequest).toMatchObject({ correlationId });
  expect(lastRequest()).toMatchObject({
    level: 'info',
    method: 'POST',
    route: '/graphql',
    status: 200,
    operationName: 'Feed',
    operationId: idOf(feed),
    clientName: 'web',
    clientVersion: '1.2.3',
    fetches: 3,
    waves: 2,
    durationMs: expect.any(Number),
  });
  expect(world.logLines.filter((line) => line.correlationId === correlationId)).toHaveLength(1);
});

test('the codes of errors are in the line of their request', async () => {
  await world.post({ query: '{ posts(first: -1) { nodes { id } } }' });
  await expect.poll(lastRequest).toMatchObject({ status: 400, errorCodes: ['INVALID_PAGE_SIZE'] });
});

test('calls to subgraphs are counted by operation, and made-up operation names do not make series', async () => {
  const feeds = () => world.series('gateway_operation_fetches_sum', { operation: 'Feed' });
  const others = () => world.series('gateway_operation_waves_count', { operation: 'other' });
  const [feedsBefore, othersBefore] = [await feeds(), await others()];
  await world.post({ documentId: idOf(feed) });
  await expect.poll(feeds).toBe(feedsBefore + 3);
  for (let i = 0; i < 5; i += 1) await world.post({ query: `query MadeUp${i} { user(id: "u1") { id } }` });
  await expect.poll(others).toBe(othersBefore + 5);
  expect(await (await fetch(`${world.gateway.adminUrl}/metrics`)).text()).not.toContain('MadeUp');
});

test('every call to a subgraph is timed, every request counted', async () => {
  const calls = () => world.series('gateway_subgraph_request_duration_seconds_count', { subgraph: 'user' });
  const requests = () => world.series('http_requests_total', { method: 'POST', route: '/graphql', status: '200' });
  const [callsBefore, requestsBefore] = [await calls(), await requests()];
  await world.post({ query: '{ user(id: "u1") { id } }' });
  await expect.poll(calls).toBe(callsBefore + 1);
  await expect.poll(requests).toBe(requestsBefore + 1);
});

test('tokens and variables are never logged', async () => {
  const token = await world.issuer.token();
  await world.post(
    { query: 'query A($id: ID!) { user(id: $id) { id } }', variables: { id: 'a-very-private-value' } },
    { authorization: `Bearer ${token}` },
  );
  await world.post({ query: 'query A($id: Int!) { user(id: $id) { id } }', variables: { id: 'a-very-private-value' } });
  expect(JSON.stringify(world.logLines)).not.toMatch(new RegExp(`a-very-private-value|${token.slice(-40)}`));
});
