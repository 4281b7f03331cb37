import { decodeJwt } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
let clockMs: number;
beforeEach(async () => {
  clockMs = Date.now();
  world = await startWorld({}, { now: () => clockMs });
  clockMs = Date.now();
});
afterEach(() => world.stop());

const viewer = (token: string, headers: Readonly<Record<string, string>> = {}) =>
  world.post({ query: '{ viewer { id } }' }, { authorization: `Bearer ${token}`, ...headers });
const forwarded = () => decodeJwt(String(world.subgraphs.identity.calls.at(-1)?.headers['x-nova-identity']));

test('the user of a good access token is who subgraphs are told of', async () => {
  const { status, body } = await viewer(await world.issuer.token());
  expect([status, body]).toEqual([200, { data: { viewer: { id: 'u1' } } }]);
  expect(forwarded()).toMatchObject({ sub: 'u1', sid: 's1', permissions: ['write:posts'], aud: 'nova-services' });
});

test('without an access token subgraphs are told, signed as well, that nobody is signed in', async () => {
  expect((await world.post({ query: '{ viewer { id } }' })).body).toEqual({ data: { viewer: null } });
  expect(forwarded().sub).toBeUndefined();
  expect(world.issuer.served.count).toBe(0);
});

test('nothing that a client sends reaches a subgraph as a header, least of all an identity', async () => {
  const spoofed = {
    'x-nova-identity': 'forged',
    'x-nova-deadline-ms': '99999999',
    cookie: 'a=b',
    'x-forwarded-for': '10.0.0.1',
    'x-anything': '1',
    traceparent: 'no trace',
  };
  expect((await viewer(await world.issuer.token(), spoofed)).body.data.viewer.id).toBe('u1');
  const headers = world.subgraphs.identity.calls.at(-1)?.headers ?? {};
  expect(Object.keys(headers).toSorted()).toEqual([
    'accept',
    'connection',
    'content-length',
    'content-type',
    'host',
    'traceparent',
    'x-correlation-id',
    'x-nova-deadline-ms',
    'x-nova-identity',
    'x-nova-rpc-allowance',
  ]);
  expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  expect(Number(headers['x-nova-deadline-ms'])).toBeLessThanOrEqual(10_000);
});

test('while keys rotate, tokens of the old key and of the new one are good; of a retired one they are not', async () => {
  const old = await world.issuer.token();
  expect((await viewer(old)).status).toBe(200);
  await world.issuer.rotate({ keepOld: true });
  const next = await world.issuer.token();
  expect((await viewer(next)).status).toBe(200);
  clockMs += 61_000;
  for (const token of [old, next]) expect((await viewer(token)).status).toBe(200);
  await world.issuer.rotate();
  clockMs += 61_000;
  expect((await viewer(await world.issuer.token())).status).toBe(200);
  for (const token of [old, next]) expect((await viewer(token)).refusal.code).toBe('ACCESS_TOKEN_INVALID');
});

test('an expired access token is refused with a code of its own', async () => {
  const { status, refusal } = await viewer(await world.issuer.token({ expiresInSeconds: -60 }));
  expect([status, refusal.code]).toEqual([401, 'ACCESS_TOKEN_EXPIRED']);
});

test('a remembered access token expires on time nevertheless', async () => {
  // The token tells the real time, which has gone on since the test began.
  clockMs = Date.now();
  const token = await world.issuer.token({ expiresInSeconds: 30 });
  expect((await viewer(token)).status).toBe(200);
  clockMs += 29_000;
  expect((await viewer(token)).status).toBe(200);
  clockMs += 2_000;
  expect((await viewer(token)).refusal.code).toBe('ACCESS_TOKEN_EXPIRED');
});

test('a remembered access token is verified again within a minute, so that withdrawn keys take effect', async () => {
  const token = await world.issuer.token();
  expect((await viewer(token)).status).toBe(200);
  await world.issuer.rotate();
  await viewer(await world.issuer.token());
  expect((await viewer(token)).status).toBe(200);
  clockMs += 61_000;
  expect((await viewer(token)).refusal.code).toBe('ACCESS_TOKEN_INVALID');
});

test('a withdrawn key stops being good within minutes, even if no token of a new key is ever met', async () => {
  const token = await world.issuer.token();
  expect((await viewer(token)).status).toBe(200);
  await world.issuer.rotate();
  clockMs += 301_000;
  await viewer(token);
  const refusedLater = async () => {
    clockMs += 61_000;
    return (await viewer(token)).refusal?.code;
  };
  await expect.poll(refusedLater, { timeout: 3_000 }).toBe('ACCESS_TOKEN_INVALID');
});

test('the forwarded identity is signed once for a while and renewed long before it ends', async () => {
  const token = await world.issuer.token();
  const signedNow = async () => {
    await viewer(token);
    return world.subgraphs.identity.calls.at(-1)?.headers['x-nova-identity'];
  };
  const first = await signedNow();
  clockMs += 20_000;
  expect(await signedNow()).toBe(first);
  // The signature tells seconds of the real clock, so another one differs from the next second on.
  const signedLater = () => {
    clockMs += 26_000;
    return signedNow();
  };
  await expect.poll(signedLater, { interval: 200 }).not.toBe(first);
});

test('new keys are fetched when they are met, but made-up key ids do not become load on identity', async () => {
  await viewer(await world.issuer.token());
  expect(world.issuer.served.count).toBe(1);
  await world.issuer.rotate();
  expect((await viewer(await world.issuer.token())).status).toBe(200);
  expect(world.issuer.served.count).toBe(2);
  for (let i = 0; i < 20; i += 1) await viewer(await world.issuer.token({ header: { kid: `made-up-${i}` } }));
  expect(world.issuer.served.count).toBe(2);
  clockMs += 31_000;
  await viewer(await world.issuer.token({ header: { kid: 'made-up' } }));
  expect(world.issuer.served.count).toBe(3);
});

test('while keys cannot be fetched, requests with a token are told to come back and all others are served', async () => {
  const token = await world.issuer.token();
  await world.issuer.stop();
  const { status, refusal } = await viewer(token);
  expect([status, refusal.code, refusal.retryable]).toEqual([503, 'SERVICE_UNAVAILABLE', true]);
  expect((await world.post({ query: '{ user(id: "u1") { id } }' })).status).toBe(200);
});

test('keys once fetched serve on while identity is down', async () => {
  await viewer(await world.issuer.token());
  const token = await world.issuer.token();
  await world.issuer.stop();
  expect((await viewer(token)).status).toBe(200);
});
