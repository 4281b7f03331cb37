import { Agent, request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const user = { query: '{ user(id: "u1") { username } }' };

test('a correlation id that a caller sends goes through to the subgraph, the answer and the log', async () => {
  const { headers } = await world.post(user, { 'x-correlation-id': 'trace_me-0123' });
  expect(headers.get('x-correlation-id')).toBe('trace_me-0123');
  expect(world.subgraphs.user.calls[0]?.headers['x-correlation-id']).toBe('trace_me-0123');
  await expect.poll(() => world.logLines.at(-1)).toMatchObject({ msg: 'request', correlationId: 'trace_me-0123' });
});

test('a valid trace context goes through to the subgraph; anything else begins a new trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await world.post(user, { traceparent });
  await world.post(user, { traceparent: traceparent.toUpperCase() });
  await world.post(user);
  const [same, ...others] = world.subgraphs.user.calls.map(({ headers }) => headers.traceparent);
  expect(same).toBe(traceparent);
  for (const other of others) expect(other).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(new Set([same, ...others]).size).toBe(3);
});

test.each(['short', 'x'.repeat(65), 'with space', '<script>alert(1)</script>'])(
  'the correlation id %j is replaced by a proper one',
  async (sent) => {
    const { headers } = await world.post(user, { 'x-correlation-id': sent });
    expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test('answers are not to be cached, and have the type that the client understands', async () => {
  const plain = await world.post(user);
  expect(plain.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(plain.headers.get('cache-control')).toBe('no-store');
  const modern = await world.post(user, { accept: 'application/graphql-response+json' });
  expect(modern.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
  const browser = await world.post(user, { accept: 'text/html' });
  expect([browser.status, browser.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
});

test('a query is served by GET to callers that no browser could imitate', async () => {
  const { status, body } = await world.get(`/graphql?query=${encodeURIComponent(user.query)}`, {
    'x-apollo-operation-name': 'User',
  });
  expect([status, body]).toEqual([200, { data: { user: { username: 'ada' } } }]);
});

test('the process is alive and ready, and not ready from the moment it stops', async () => {
  const page = async (path: string) => {
    const response = await fetch(`${world.gateway.adminUrl}${path}`);
    return [response.status, await response.json()];
  };
  expect(await page('/livez')).toEqual([200, { status: 'alive' }]);
  expect(await page('/readyz')).toEqual([200, { status: 'ready' }]);
  let release = () => {};
  world.subgraphs.user.misbehave((_request, response) => {
    release = () => response.end('{"data":{"user":{"username":"ada"}}}');
  });
  const underWay = world.post(user);
  await expect.poll(() => world.subgraphs.user.calls.length).toBe(1);
  const stopped = world.gateway.stop();
  expect(await page('/readyz')).toEqual([
    503,
    { status: 'not ready', failed: [{ name: 'gateway', reason: 'the gateway is stopping' }] },
  ]);
  release();
  expect((await underWay).body).toEqual({ data: { user: { username: 'ada' } } });
  await stopped;
  await expect(fetch(`${world.gateway.url}/graphql`)).rejects.toThrow();
  await expect(fetch(`${world.gateway.adminUrl}/livez`)).rejects.toThrow();
});

test('a request on a connection that stays open is served while the gateway stops, and the connection ends', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<{ status: number | undefined; connection: string | undefined }>((resolve, reject) => {
      const asked = request(`${world.gateway.url}/graphql`, {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json' },
      });
      asked.on('error', reject);
      asked.on('response', (response) => {
        response
          .resume()
          .on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }));
      });
      asked.end(JSON.stringify(user));
    });
  let release = () => {};
  world.subgraphs.user.misbehave((_request, response) => {
    release = () => response.end('{"data":{"user":{"username":"ada"}}}');
  });
  const first = ask();
  await expect.poll(() => world.subgraphs.user.calls.length).toBe(1);
  const stopped = world.gateway.stop();
  release();
  expect(await first).toEqual({ status: 200, connection: 'close' });
  agent.destroy();
  await stopped;
});

test('requests that do not end in time do not keep the gateway from stopping', async () => {
  await world.stop();
  world = await startWorld({ DRAIN_TIMEOUT_MS: '100' });
  world.subgraphs.user.misbehave(() => {});
  const underWay = world.post(user).catch(() => 'cut off');
  await expect.poll(() => world.subgraphs.user.calls.length).toBe(1);
  await world.gateway.stop();
  expect(await underWay).toBe('cut off');
});

test('stopping twice is stopping once', async () => {
  await Promise.all([world.gateway.stop(), world.gateway.stop()]);
  await world.gateway.stop();
});
