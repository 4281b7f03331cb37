import { openRedis } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { postGraphql, redisFor, startFederation } from '@nova/testkit';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let clockMs: number;
let world: World;
beforeEach(async () => {
  clockMs = Date.now();
  world = await startWorld({ REVOCATION_POLL_MS: '20' }, { now: () => clockMs });
});
afterEach(() => world.stop());

const viewer = (token: string) => world.post({ query: '{ viewer { id } }' }, { authorization: `Bearer ${token}` });
const codeOf = async (token: string) => (await viewer(token)).refusal.code ?? 'served';
const revoke = (id: string, agoMs = 0) =>
  world.issuer.revoked.sessions.push({ id, revokedAt: new Date(clockMs - agoMs).toISOString() });
/** Until the gateway has asked again, from beginning to end. */
async function nextLook(): Promise<void> {
  const asked = world.issuer.listed.length;
  await expect.poll(() => world.issuer.listed.length).toBeGreaterThan(asked + 1);
}

test('an access token is refused once its session has ended, a remembered one too, and no subgraph is called', async () => {
  const token = await world.issuer.token();
  const other = await world.issuer.token({ claims: { sid: 's2' } });
  expect(await codeOf(token)).toBe('served');
  revoke('s1');
  await expect.poll(() => codeOf(token)).toBe('ACCESS_TOKEN_REVOKED');
  const calls = world.subgraphs.identity.calls.length;
  const { status, body } = await viewer(token);
  expect(status).toBe(401);
  expect(body.errors[0]).toMatchObject({
    message: 'The session of the access token has ended; sign in again.',
    extensions: { code: 'ACCESS_TOKEN_REVOKED', retryable: false },
  });
  expect(world.subgraphs.identity.calls).toHaveLength(calls);
  expect(await codeOf(other)).toBe('served');
  expect((await world.post({ query: '{ user(id: "u1") { id } }' })).status).toBe(200);
});

test('the first look, before anybody is served, asks for all that can still matter', async () => {
  expect(world.issuer.listed.length).toBeGreaterThan(0);
  expect(new URL(world.issuer.listed[0]?.url ?? '', 'http://x').search).toBe('');
});

test('later looks begin where identity says, and carry an identity that the gateway signed', async () => {
  await nextLook();
  const later = world.issuer.listed.at(-1);
  expect(new URL(later?.url ?? '', 'http://x').searchParams.get('after')).toMatch(/^\d{4}-.*Z$/);
  expect(decodeJwt(later?.identity ?? '')).toMatchObject({ iss: 'nova-gateway', aud: 'nova-services' });
});

test('a list of several pages is read to its end', async () => {
  const pages = [['s7'], ['s8'], ['s1']];
  world.issuer.revoked.answer = (response) => {
    const after = new URL(world.issuer.listed.at(-1)?.url ?? '', 'http://x').searchParams.get('after') ?? '';
    const at = Number(/^page (\d)$/.exec(after)?.[1] ?? 0);
    const page = {
      accessTokenSeconds: 900,
      sessions: pages[at]?.map((id) => ({ id, revokedAt: new Date(clockMs).toISOString() })),
      continueAfter: at < 2 ? `page ${at + 1}` : null,
      nextAfter: `first of ${at}`,
    };
    response.end(JSON.stringify(page));
  };
  const token = await world.issuer.token();
  await expect.poll(() => codeOf(token)).toBe('ACCESS_TOKEN_REVOKED');
  const places = () => world.issuer.listed.map(({ url }) => new URL(url, 'http://x').searchParams.get('after'));
  await expect.poll(places).toContain('first of 0');
  expect(places()).not.toContain('first of 2');
});

test('an ended session is remembered until its access tokens have expired, and counted until then', async () => {
  revoke('s1');
  const listed = () => world.series('gateway_revoked_sessions');
  await expect.poll(listed).toBe(1);
  world.issuer.revoked.sessions.length = 0;
  clockMs += 900_000;
  await nextLook();
  expect(await listed()).toBe(1);
  clockMs += 61_000;
  await expect.poll(listed).toBe(0);
});

test.each<[string, (response: import('node:http').ServerResponse) => void]>([
  ['answers with an error', (response) => response.writeHead(500).end()],
  ['answers with something else', (response) => response.end('{"sessions": 7}')],
  [
    'names sessions without a time',
    (response) => response.end(JSON.stringify({ accessTokenSeconds: 900, sessions: [{ id: 's1' }], nextAfter: '' })),
  ],
  ['hangs up', (response) => response.destroy()],
  ['does not answer', () => undefined],
])(
  'while identity %s, requests with a token are told to come back after a while and all others are served',
  async (_what, answer) => {
    await world.stop();
    world = await startWorld({ REVOCATION_POLL_MS: '20', REVOCATION_MAX_STALENESS_MS: '1000' });
    const token = await world.issuer.token();
    expect(await codeOf(token)).toBe('served');
    world.issuer.revoked.answer = answer;
    await expect.poll(() => codeOf(token), { timeout: 5_000 }).toBe('SERVICE_UNAVAILABLE');
    const { status, refusal } = await viewer(token);
    expect([status, refusal.retryable]).toEqual([503, true]);
    expect((await world.post({ query: '{ user(id: "u1") { id } }' })).status).toBe(200);
    expect(await world.series('gateway_revocations_age_seconds')).toBeGreaterThan(1);
    world.issuer.revoked.answer = undefined;
    await expect.poll(() => codeOf(token), { timeout: 8_000 }).toBe('served');
    const told = world.logLines.filter(({ msg }) => msg.includes('which sessions have ended'));
    expect(told.map(({ level }) => level)).toEqual(['warn', 'info']);
  },
);

test('one failure says nothing yet: the list that is there is used', async () => {
  const token = await world.issuer.token();
  revoke('s2');
  await expect.poll(() => world.series('gateway_revoked_sessions')).toBe(1);
  world.issuer.revoked.answer = (response) => response.destroy();
  await nextLook();
  expect(await codeOf(token)).toBe('served');
  expect(await codeOf(await world.issuer.token({ claims: { sid: 's2' } }))).toBe('ACCESS_TOKEN_REVOKED');
});

test('a look is over before the next one begins', async () => {
  let running = 0;
  let most = 0;
  let looks = 0;
  world.issuer.revoked.answer = (response) => {
    running += 1;
    looks += 1;
    most = Math.max(most, running);
    setTimeout(() => {
      running -= 1;
      response.end(JSON.stringify({ accessTokenSeconds: 900, sessions: [], continueAfter: null, nextAfter: 'x' }));
    }, 100);
  };
  await expect.poll(() => looks).toBeGreaterThan(3);
  expect(most).toBe(1);
});

test('of more than 200 000 ended sessions those that ended last are remembered, and the log says so', async () => {
  const sizes = Array.from({ length: 21 }, (_, page) => (page < 20 ? 10_000 : 3));
  world.issuer.revoked.answer = (response) => {
    const after = new URL(world.issuer.listed.at(-1)?.url ?? '', 'http://x').searchParams.get('after') ?? '';
    const at = Number(/^page (\d+)$/.exec(after)?.[1] ?? 0);
    const revokedAt = new Date(clockMs).toISOString();
    const sessions = Array.from({ length: sizes[at] as number }, (_, index) => ({ id: `${at}-${index}`, revokedAt }));
    const continueAfter = at + 1 < sizes.length ? `page ${at + 1}` : null;
    response.end(JSON.stringify({ accessTokenSeconds: 900, sessions, continueAfter, nextAfter: 'page 20' }));
  };
  await expect.poll(() => world.logLines.some(({ forgotten }) => forgotten === 3), { timeout: 15_000 }).toBe(true);
  expect(await world.series('gateway_revoked_sessions')).toBe(200_000);
  const tokenOf = (sid: string) => world.issuer.token({ claims: { sid } });
  expect(await codeOf(await tokenOf('20-2'))).toBe('ACCESS_TOKEN_REVOKED');
  expect(await codeOf(await tokenOf('0-2'))).toBe('served');
});

test('with Redis a gateway hears of a logout at once, and whatever else is said there does no harm', async (context) => {
  const redis = await redisFor(context);
  const env = { REDIS_URL: redis.url };
  const nova = await startFederation({ env: { ...env, REVOCATION_POLL_MS: '600000' }, subgraphEnv: env });
  context.onTestFinished(() => nova.stop());
  const ask = (query: string, variables: object = {}, headers: Record<string, string> = {}) =>
    postGraphql(nova.url, { query, variables }, headers);
  const input = { email: 'ada@nova.test', username: 'ada', password: 'correct horse battery' };
  const register = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken refreshToken } }';
  const { accessToken, refreshToken } = (await ask(register, { input })).data.register;
  const viewerOf = () => ask('{ viewer { id } }', {}, { authorization: `Bearer ${accessToken}` });
  expect((await viewerOf()).status).toBe(200);
  const connection = openRedis({ url: redis.url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(() => connection.stop());
  await expect.poll(connection.isReady).toBe(true);
  for (const nonsense of ['', 'null', '{"id":7}', '[', '{"id":"x"}'])
    await connection.client.publish('nova:ended-sessions', nonsense);
  const logout = 'mutation ($input: LogoutInput!) { logout(input: $input) { loggedOut } }';
  expect((await ask(logout, { input: { refreshToken } })).data.logout.loggedOut).toBe(true);
  await expect.poll(async () => (await viewerOf()).errors[0]?.extensions.code).toBe('ACCESS_TOKEN_REVOKED');
});
