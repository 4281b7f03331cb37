import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, developmentKeyMark } from '@nova/runtime';
import { calculateJwkThumbprint, createRemoteJWKSet, decodeProtectedHeader, exportJWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createAccessTokenSigner } from '../src/sessions/access-token-signer.ts';
import { type IdentityUnderTest, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const expected = { issuer: 'nova', audience: 'nova', algorithms: ['RS256'], typ: 'at+jwt' };

function newKey(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/** Writes a file beside the test's own keys, to be removed with them. */
function fileOf(name: string, pem: string): string {
  const file = join(dirname(identity.keys.accessTokenKeyFile), name);
  writeFileSync(file, pem, { mode: 0o600 });
  return file;
}

test('an access token verifies with the published keys and says who signed in, for 15 minutes', async () => {
  const { account, accessToken, accessTokenExpiresAt } = await identity.newAccount();
  const { payload } = await jwtVerify(accessToken, createRemoteJWKSet(new URL(identity.jwksUrl)), expected);
  expect(payload).toEqual({
    iss: 'nova',
    aud: 'nova',
    sub: account.id,
    sid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    permissions: ['write:posts', 'write:profile', 'write:relations'],
    iat: expect.any(Number),
    exp: (payload.iat as number) + 900,
  });
  expect(Date.parse(accessTokenExpiresAt)).toBe((payload.exp as number) * 1000);
});

test('a renewed token belongs to the same session, a new sign-in to another', async () => {
  const { accessToken, refreshToken } = await identity.newAccount();
  const other = await identity.newAccount();
  const renewed = (await identity.refresh({ refreshToken })).data.refreshSession;
  const sidOf = async (token: string) =>
    (await jwtVerify(token, createRemoteJWKSet(new URL(identity.jwksUrl)), expected)).payload.sid;
  expect(await sidOf(renewed.accessToken)).toBe(await sidOf(accessToken));
  expect(await sidOf(other.accessToken)).not.toBe(await sidOf(accessToken));
});

test('the key id is the RFC 7638 thumbprint of the key', async () => {
  const { accessToken } = await identity.newAccount();
  const publicKey = createPublicKey(readFileSync(identity.keys.accessTokenKeyFile));
  const kid = await calculateJwkThumbprint(await exportJWK(publicKey));
  expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid });
});

test('the key set is for anybody, may be cached, and holds public halves only', async () => {
  const response = await fetch(identity.jwksUrl);
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('public, max-age=300');
  const { keys } = (await response.json()) as { keys: object[] };
  for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});

test('a key that signs no more stays published, and what it signed goes on being valid', async () => {
  const old = newKey();
  const oldKeyFile = fileOf('old.pem', old.privateKey);
  const oldSigner = await createAccessTokenSigner({ signingKey: old.privateKey, oldKeys: [], lifetimeSeconds: 60 });
  const { token } = await oldSigner.sign({ accountId: 'an-account', sessionId: 'a-session', permissions: [] });
  const next = newKey();
  const files = [oldKeyFile, fileOf('next.pub.pem', next.publicKey), identity.keys.accessTokenKeyFile];
  const rotated = await startIdentity({
    ACCESS_TOKEN_KEY_FILE: identity.keys.accessTokenKeyFile,
    ACCESS_TOKEN_OLD_KEY_FILES: files.join(','),
  });
  try {
    const { keys } = (await (await fetch(rotated.jwksUrl)).json()) as { keys: { kid: string }[] };
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3);
    expect(keys).toHaveLength(3);
    const published = createRemoteJWKSet(new URL(rotated.jwksUrl));
    expect((await jwtVerify(token, published, expected)).payload.sub).toBe('an-account');
    const { accessToken } = await rotated.newAccount();
    expect(decodeProtectedHeader(accessToken).kid).toBe(keys[0]?.kid);
    await jwtVerify(accessToken, published, expected);
  } finally {
    await rotated.stopAll();
  }
});

test.each(['staging', 'production'])('in %s a key made for development is refused by name', (appEnv) => {
  const { privateKey } = newKey();
  const own = { ...identity.settings, APP_ENV: appEnv, ACCESS_TOKEN_KEY_FILE: fileOf('own.pem', privateKey) };
  expect(toConfig(readEnv(own)).appEnv).toBe(appEnv);
  const marked = fileOf('development.pem', `${developmentKeyMark}\n${privateKey}`);
  for (const name of ['ACCESS_TOKEN_KEY_FILE', 'ACCESS_TOKEN_OLD_KEY_FILES']) {
    expect(() => toConfig(readEnv({ ...own, [name]: marked }))).toThrow(name);
  }
});

test('in development a key that Nova made is good to sign with', async () => {
  const { privateKey } = newKey();
  const file = fileOf('development.pem', `${developmentKeyMark}\n${privateKey}`);
  const config = toConfig(readEnv({ ...identity.settings, APP_ENV: 'development', ACCESS_TOKEN_KEY_FILE: file }));
  const signer = await createAccessTokenSigner(config.accessToken);
  const { token } = await signer.sign({ accountId: 'an-account', sessionId: 'a-session', permissions: [] });
  await jwtVerify(token, createPublicKey(privateKey), expected);
});

test('a missing key file and a missing setting are said by name', () => {
  const gone = { ...identity.settings, ACCESS_TOKEN_KEY_FILE: '/nowhere/key.pem' };
  expect(() => toConfig(readEnv(gone))).toThrow(/ACCESS_TOKEN_KEY_FILE .*ENOENT.*\/nowhere\/key\.pem/);
  const unset = { ...identity.settings, ACCESS_TOKEN_KEY_FILE: undefined };
  expect(() => readEnv(unset)).toThrow(ConfigError);
  expect(() => readEnv(unset)).toThrow(/ACCESS_TOKEN_KEY_FILE is required/);
});

test.each([
  ['an Ed25519 key', () => generateKeyPairSync('ed25519').privateKey],
  ['an RSA key of 1 024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
])('%s is refused, to sign and to publish', async (_name, generate) => {
  const unfit = generate().export({ type: 'pkcs8', format: 'pem' }).toString();
  const fit = newKey().privateKey;
  const lifetimeSeconds = 60;
  await expect(createAccessTokenSigner({ signingKey: unfit, oldKeys: [], lifetimeSeconds })).rejects.toThrow(/RSA/);
  await expect(createAccessTokenSigner({ signingKey: fit, oldKeys: [unfit], lifetimeSeconds })).rejects.toThrow(/RSA/);
});
