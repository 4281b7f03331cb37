import { randomUUID } from 'node:crypto';
import { openRedis } from '@nova/cache';
import { createLogger, createMetrics, StopStack } from '@nova/runtime';
import { redisFor, startFaultProxy, startFederation, type TestFederation } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { spawnGateway } from './_gateway-process.ts';
import { type Answer, send, seriesValue } from './_world.ts';

let nova: TestFederation;
let database: pg.Pool;
let token: string;
const stack = new StopStack();
beforeAll(async () => {
  nova = await startFederation();
  stack.add('federation', nova.stop);
  database = new pg.Pool({ connectionString: nova.subgraphs.database.adminUrl, max: 2 });
  // Ended before the database is dropped, a connection may not be gone yet.
  database.on('error', () => undefined);
  stack.add('database', () => database.end());
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';
  const input = { email: 'ada@nova.test', username: 'ada', password };
  token = (await post(nova.url, { query, variables: { input } })).body.data.register.accessToken;
});
afterAll(() => stack.stop());

const password = 'correct horse battery';
const createPost = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id body } } }';

function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Answer> {
  return send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** A mutation of the viewer with a key. */
function once(url: string, key: string, { query = createPost, variables }: { query?: string; variables: object }) {
  return post(url, { query, variables }, { authorization: `Bearer ${token}`, 'x-idempotency-key': key });
}

const withBody = (body: string) => ({ variables: { input: { body } } });
const idOf = ({ body }: Answer): string => body.data.createPost.post.id;
const isReplay = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';

async function postsWith(body: string): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>('select id from content.posts where body = $1', [body]);
  return rows.map(({ id }) => id);
}

/** Another gateway in front of the same subgraphs; it stops with the test. */
async function startGateway(env: Record<string, string> = {}) {
  const config = toConfig(readEnv({ ...nova.gatewayEnv, RATE_LIMIT_USER: 'off', ...env }));
  const gateway = await createGateway(config, { log: createLogger({ service: 'test', level: 'silent' }) });
  onTestFinished(() => gateway.stop());
  return {
    url: `${gateway.url}/graphql`,
    async series(name: string, labels: Record<string, string> = {}) {
      return seriesValue(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), name, labels);
    },
    stop: () => gateway.stop(),
  };
}

async function sharedRedis(context: TestContext): Promise<string> {
  const redis = await redisFor(context);
  return redis.url;
}

async function startWithRedis(url: string) {
  const gateway = await startGateway({ REDIS_URL: url });
  await expect.poll(() => gateway.series('redis_connected')).toBe(1);
  return { ...gateway, firsts: () => gateway.series('gateway_idempotent_requests_total', { verdict: 'first' }) };
}

async function untilServed(url: string, key: string, body: string): Promise<Answer> {
  for (;;) {
    const answer = await once(url, key, withBody(body));
    if (answer.status !== 409) return answer;
  }
}

/** A busy machine may be too slow for the time that Redis has to answer. */
async function untilReplayed(url: string, key: string, body: string): Promise<Answer> {
  for (;;) {
    const answer = await once(url, key, withBody(body));
    if (isReplay(answer)) return answer;
  }
}

test('two gateways that share a Redis get the same keys at the same time: one post for each', async (context) => {
  const redis = await sharedRedis(context);
  const [one, two] = [await startWithRedis(redis), await startWithRedis(redis)];
  const pairs = Array.from({ length: 20 }, () => ({ key: randomUUID(), body: randomUUID() }));
  await Promise.all(
    pairs.map(async ({ key, body }) => {
      const answers = await Promise.all([untilServed(one.url, key, body), untilServed(two.url, key, body)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[1].text).toBe(answers[0].text);
      expect(await postsWith(body)).toEqual([idOf(answers[0])]);
    }),
  );
  // Fewer when Redis was too slow for one: such a request goes on without it.
  expect((await one.firsts()) + (await two.firsts())).toBeLessThanOrEqual(pairs.length);
});

test('two gateways that share nothing get the same keys at the same time: one post for each', async () => {
  const other = await startGateway();
  const pairs = Array.from({ length: 20 }, () => ({ key: randomUUID(), body: randomUUID() }));
  await Promise.all(
    pairs.map(async ({ key, body }) => {
      const answers = await Promise.all([nova.url, other.url].map((url) => once(url, key, withBody(body))));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(new Set(await postsWith(body))).toEqual(new Set(answers.map(idOf)));
      expect(await postsWith(body)).toHaveLength(1);
    }),
  );
});

test('with a Redis, a gateway that was restarted still gives the first answer', async (context) => {
  const redis = await sharedRedis(context);
  const [key, body] = [randomUUID(), randomUUID()];
  const before = await startWithRedis(redis);
  const first = await once(before.url, key, withBody(body));
  await untilReplayed(before.url, key, body);
  await before.stop();
  const after = await startWithRedis(redis);
  const repeat = await untilReplayed(after.url, key, body);
  expect([repeat.status, repeat.text, await after.firsts()]).toEqual([200, first.text, 0]);
});

test('mutations of one document, of several subgraphs, take effect once each with one key', async () => {
  const other = await startGateway();
  const [key, body] = [randomUUID(), randomUUID()];
  const query = `mutation ($input: CreatePostInput!) {
    one: createPost(input: $input) { post { id } }
    updateProfile(input: { bio: "Once." }) { user { bio } }
    two: createPost(input: $input) { post { id } }
  }`;
  const [first, repeat] = [
    await once(nova.url, key, { query, ...withBody(body) }),
    await once(other.url, key, { query, ...withBody(body) }),
  ];
  expect(first.status).toBe(200);
  expect([repeat.text, isReplay(repeat)]).toEqual([first.text, false]);
  const { one, two } = first.body.data;
  expect(new Set(await postsWith(body))).toEqual(new Set([one.post.id, two.post.id]));
  expect(one.post.id).not.toBe(two.post.id);
});

test('answers with credentials are neither stored nor given again, whatever stands beside them', async (context) => {
  const redis = await sharedRedis(context);
  const gateway = await startWithRedis(redis);
  const key = randomUUID();
  const login = `login(input: { email: "ada@nova.test", password: "${password}" }) { accessToken refreshToken }`;
  const alone = { query: `mutation { ${login} }`, variables: {} };
  const body = randomUUID();
  const beside = {
    query: `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } ...Session }
      fragment Session on Mutation { ${login} }`,
    ...withBody(body),
  };
  const secrets = [key, password];
  for (const request of [alone, alone, beside, beside]) {
    const answer = await once(gateway.url, key, request);
    expect([answer.status, isReplay(answer)]).toEqual([200, false]);
    secrets.push(answer.body.data.login.accessToken, answer.body.data.login.refreshToken);
  }
  expect(new Set(secrets).size).toBe(2 + 4 * 2);
  expect(await postsWith(body)).toHaveLength(1);
  const other = await untilReplayed(gateway.url, randomUUID(), randomUUID());
  const { rows } = await database.query('select * from content.idempotency_keys');
  const kept = JSON.stringify([await everythingIn(redis), rows]);
  // What is kept is seen: the other answer.
  expect(kept).toContain(idOf(other));
  for (const secret of secrets) expect(kept).not.toContain(secret);
});

async function everythingIn(url: string): Promise<unknown[]> {
  const { client, isReady, stop } = openRedis({ url, name: 'test', metrics: createMetrics('test') });
  onTestFinished(stop);
  await expect.poll(isReady).toBe(true);
  const keys = await client.keys('*');
  return Promise.all(
    keys.map(async (key) => [
      key,
      await ((await client.type(key)) === 'string' ? client.get(key) : client.hgetall(key)),
    ]),
  );
}

test('an effect that was committed when the gateway was killed is not repeated, and its result is given', async () => {
  const content = new URL(nova.subgraphs.content.graphqlUrl);
  const proxy = await startFaultProxy({ target: { host: content.hostname, port: Number(content.port) } });
  onTestFinished(() => proxy.stop());
  const env = {
    ...nova.gatewayEnv,
    SUBGRAPH_URLS: `${nova.gatewayEnv.SUBGRAPH_URLS},content=http://127.0.0.1:${proxy.port}/graphql`,
  };
  const [key, body] = [randomUUID(), randomUUID()];
  const doomed = await spawnGateway(env);
  // The post waits for this transaction, so that the way back is closed before it is committed.
  const locker = new pg.Client({ connectionString: nova.subgraphs.database.adminUrl });
  await locker.connect();
  onTestFinished(() => locker.end());
  await locker.query('begin; lock table content.posts in exclusive mode');
  const unanswered = once(doomed.url, key, withBody(body));
  unanswered.catch(() => undefined);
  await expect.poll(waitingInserts).toBe(1);
  await proxy.setFault({ kind: 'half-open' });
  await locker.query('commit');
  await expect.poll(() => postsWith(body)).toHaveLength(1);
  await doomed.kill();
  await expect(unanswered).rejects.toThrow();
  await proxy.clear();

  const next = await spawnGateway(env);
  const repeat = await once(next.url, key, withBody(body));
  expect([repeat.status, isReplay(repeat)]).toEqual([200, false]);
  expect(await postsWith(body)).toEqual([idOf(repeat)]);
});

async function waitingInserts(): Promise<number> {
  const { rows } = await database.query<{ n: number }>(`
    select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into "posts"%'`);
  return rows[0]?.n ?? 0;
}
