import { createLogger, StopStack } from '@nova/runtime';
import { startFederation, type TestFederation } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { send, seriesValue } from './_world.ts';

let nova: TestFederation;
let database: pg.Client;
let token: string;
const stack = new StopStack();
beforeAll(async () => {
  nova = await startFederation({ env: { RATE_LIMIT_USER: 'off' } });
  stack.add('federation', nova.stop);
  database = new pg.Client({ connectionString: nova.subgraphs.database.adminUrl });
  await database.connect();
  stack.add('database', () => database.end());
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';
  const input = { email: 'ada@nova.test', username: 'ada', password: 'correct horse battery' };
  token = (await ask(query, { variables: { input } })).body.data.register.accessToken;
});
afterAll(() => stack.stop());

function ask(query: string, options: { variables?: object; signal?: AbortSignal; url?: string } = {}) {
  return send(options.url ?? nova.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables: options.variables }),
    signal: options.signal,
  });
}

const posts = '{ posts(first: 1) { nodes { id } } }';
const createPost = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';

/** Makes every statement on a table wait until `work` is done. */
async function whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: nova.subgraphs.database.adminUrl });
  await client.connect();
  try {
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    return await work();
  } finally {
    await client.end();
  }
}

/** Statements of a domain that wait for a lock. */
function waitingOf(domain: string) {
  const text =
    "select 1 from pg_stat_activity where usename = $1 and state = 'active' and wait_event_type = 'Lock' and datname = current_database()";
  return expect.poll(async () => (await database.query(text, [`nova_${domain}`])).rowCount, { interval: 5 });
}

/** Milliseconds from the hang-up until the domain runs nothing for the request any more; the least of some tries. */
async function endsWithin(domain: string, operation: { query: string; variables?: object }): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 10 && least >= 100; tries += 1) {
    const client = new AbortController();
    const answer = ask(operation.query, { ...operation, signal: client.signal }).catch((error: unknown) => error);
    await waitingOf(domain).toBe(1);
    const hungUpAt = performance.now();
    client.abort();
    await waitingOf(domain).toBe(0);
    least = Math.min(least, performance.now() - hungUpAt);
    await answer;
  }
  return least;
}

test('a client that hangs up ends, within 100 ms, what PostgreSQL does for its query', async () => {
  const ms = await whileLocked('content.posts', () => endsWithin('content', { query: posts }));
  expect(ms).toBeLessThan(100);
});

test('so it does behind a gRPC call, which its server sees cancelled', async () => {
  const cancelled = async () =>
    seriesValue(await (await fetch(`${nova.subgraphs.identity.adminUrl}/metrics`)).text(), 'grpc_requests_total', {
      method: '/nova.identity.v1.IdentityService/GetUser',
      status: 'CANCELLED',
    });
  const before = await cancelled();
  const ms = await whileLocked('identity.accounts', () =>
    endsWithin('identity', { query: createPost, variables: { input: { body: 'never asked for' } } }),
  );
  expect(ms).toBeLessThan(100);
  await expect.poll(cancelled).toBeGreaterThan(before);
});

test('what a client that hung up wanted to write is not written, and the next one is served', async () => {
  const variables = { input: { body: 'given up' } };
  await whileLocked('content.posts', () => endsWithin('content', { query: createPost, variables }));
  expect((await database.query("select 1 from content.posts where body = 'given up'")).rowCount).toBe(0);
  const { body } = await ask(createPost, { variables: { input: { body: 'stays' } } });
  expect(body.data.createPost.post.id).toEqual(expect.any(String));
});

test('when the time of a call is over, PostgreSQL works for it no longer', async () => {
  const config = toConfig(readEnv({ ...nova.gatewayEnv, REQUEST_TIMEOUT_MS: '1000' }));
  const hasty = await createGateway(config, { log: createLogger({ service: 'test', level: 'silent' }) });
  onTestFinished(() => hasty.stop());
  await whileLocked('content.posts', async () => {
    const startedAt = performance.now();
    const answer = ask(posts, { url: `${hasty.url}/graphql` });
    await waitingOf('content').toBe(1);
    await waitingOf('content').toBe(0);
    // The roles' limit for waiting is 10 s.
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect((await answer).body.errors[0].extensions.code).toMatch(/^(SUBGRAPH_TIMEOUT|DEADLINE_EXCEEDED)$/);
  });
});
