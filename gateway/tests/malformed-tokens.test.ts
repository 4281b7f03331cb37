import { decodeProtectedHeader, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => {
  world.subgraphs.identity.calls.length = 0;
});

const viewer = (token: string) => world.post({ query: '{ viewer { id } }' }, { authorization: `Bearer ${token}` });

const claims = { sub: 'u1', sid: 's1', permissions: [], iss: 'nova', aud: 'nova' };
const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;
/** Signed by identity, with everything but this claim. */
const without = (name: string) => () => world.issuer.sign({ ...claims, exp: inAnHour(), [name]: undefined });
/** Signed by identity. */
const withClaims = (changed: object) => () => world.issuer.sign({ ...claims, exp: inAnHour(), ...changed });
const withHeader = (header: Record<string, unknown>) => () => world.issuer.sign({ ...claims, exp: inAnHour() }, header);
/** Signed by somebody who says in the header where to find the key. */
const strangers = (header: (key: { jwk: JWK; kid: string }) => Record<string, unknown>) => async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const { kid = '' } = decodeProtectedHeader(await world.issuer.token());
  return new SignJWT({ ...claims, exp: inAnHour() })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header({ jwk, kid }) })
    .sign(privateKey);
};

test('a token with none of these flaws is good', async () => {
  expect((await viewer(await withClaims({})())).status).toBe(200);
});

test.each<readonly [what: string, token: () => Promise<string>]>([
  ['signed by somebody else', () => world.issuer.forge()],
  ['unsigned', async () => new UnsecuredJWT(claims).setExpirationTime('1h').encode()],
  ['signed with another algorithm', () => world.issuer.token({ header: { alg: 'PS256' } }).catch(() => 'a.b.c')],
  ['for another audience', () => world.issuer.token({ claims: { aud: 'elsewhere' } })],
  ['from another issuer', () => world.issuer.token({ claims: { iss: 'elsewhere' } })],
  ['of another type', () => world.issuer.token({ header: { typ: 'JWT' } })],
  ['with an unknown key id', () => world.issuer.token({ header: { kid: 'unknown' } })],
  ['without a session', () => world.issuer.token({ claims: { sid: undefined } })],
  ['with permissions that are no list', () => world.issuer.token({ claims: { permissions: 'all' } })],
  ['with a changed signature', async () => `${(await world.issuer.token()).slice(0, -12)}AAAAAAAAAAAA`],
  ['that is not a token', async () => 'not-a-token'],
  ['that says it needs no signature', async () => `${unsecuredHead()}.${(await world.issuer.token()).split('.')[1]}.`],
  [
    'signed with the public key as a secret',
    async () => {
      const { kid } = decodeProtectedHeader(await world.issuer.token());
      const secret = new TextEncoder().encode(await world.issuer.publicKey());
      return new SignJWT({ ...claims, exp: inAnHour() })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid })
        .sign(secret);
    },
  ],
  ['with an extension that must be understood', withHeader({ crit: ['unheard'], unheard: true })],
  ['that brings its own key', strangers(({ jwk, kid }) => ({ kid, jwk }))],
  ['that brings its own key and no key id', strangers(({ jwk }) => ({ jwk }))],
  ['that says where its keys are', strangers(({ kid }) => ({ kid, jku: world.issuer.jwksUrl }))],
  ['that says where its certificate is', strangers(({ kid }) => ({ kid, x5u: 'https://keys.example/cert.pem' }))],
  ['without a type', withHeader({ typ: undefined })],
  ['with a path for a key id', withHeader({ kid: '../../../dev/null' })],
  ['with SQL for a key id', withHeader({ kid: "x' union select 'key' --" })],
  ['with a key id that is no text', withHeader({ kid: { toString: 1 } })],
  ['that is not good yet', withClaims({ nbf: inAnHour() })],
  ['whose end is no time', withClaims({ exp: 'never' })],
  ['whose subject is no text', withClaims({ sub: { id: 'u1' } })],
  ['whose session is no text', withClaims({ sid: ['s1'] })],
  ...['exp', 'sub', 'permissions', 'iss', 'aud'].map((name) => [`without ${name}`, without(name)] as const),
  ['far too long', async () => `${await world.issuer.token()}${'A'.repeat(10_000)}`],
])('an access token %s is refused, and no subgraph is called', async (_what, token) => {
  const { status, refusal } = await viewer(await token());
  expect([status, refusal.code, refusal.retryable]).toEqual([401, 'ACCESS_TOKEN_INVALID', false]);
  expect(world.subgraphs.identity.calls).toEqual([]);
});

function unsecuredHead(): string {
  return Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
}

test('headers longer than Node reads are refused before anything looks at them', async () => {
  const { status } = await viewer('A'.repeat(20_000));
  expect(status).toBe(431);
  expect(world.subgraphs.identity.calls).toEqual([]);
});

test('another scheme than Bearer is refused rather than taken for anonymous', async () => {
  const { status, refusal } = await world.post({ query: '{__typename}' }, { authorization: 'Basic YTpi' });
  expect([status, refusal.code]).toEqual([401, 'ACCESS_TOKEN_INVALID']);
});
