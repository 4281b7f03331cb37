import { readFileSync, writeFileSync } from 'node:fs';
import { ConfigError, developmentKeyMark } from '@nova/runtime';
import { createTestKeys } from '@nova/testkit';
import { expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { manifestOf, startWorld } from './_world.ts';

test.each([
  ['a supergraph file', 'SUPERGRAPH_FILE', /No supergraph could be read from nowhere/],
  ['a manifest', 'PERSISTED_MANIFEST_FILES', /No manifest could be read from nowhere/],
  ['a signing key', 'IDENTITY_PRIVATE_KEY_FILE', /ENOENT.*nowhere/],
])('without %s the gateway does not start, and says which setting is wrong', async (_what, name, message) => {
  await expect(startWorld({ [name]: 'nowhere' })).rejects.toThrow(message);
});

test('an address of a subgraph that is not http keeps the gateway from starting', async () => {
  await expect(startWorld({ SUBGRAPH_URLS: 'user=localhost:4020/graphql' })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('The subgraph user has no usable URL, but "localhost:4020/graphql"') },
  });
});

test('a manifest whose id is not the hash of its text keeps the gateway from starting', async () => {
  const manifest = manifestOf([['A', '{ __typename }']]).replace('{ __typename }', '{ viewer { id } }');
  await expect(startWorld({}, { manifest })).rejects.toMatchObject({
    cause: { message: 'The id of A is not the SHA-256 of its body.' },
  });
});

test('the admin pages stay on loopback when the gateway listens on every address', async () => {
  const { gateway, stop } = await startWorld({ HOST: '0.0.0.0' });
  expect(new URL(gateway.adminUrl).hostname).toBe('127.0.0.1');
  await stop();
});

test('all that is wrong with the environment is reported at once', () => {
  const env = { PORT: 'x', PERSISTED_POLICY: 'closed', SUBGRAPH_URLS: 'user' };
  expect(() => readEnv(env)).toThrow(ConfigError);
  expect(() => readEnv(env)).toThrow(/PORT.*PERSISTED_POLICY.*SUBGRAPH_URLS.*IDENTITY_PRIVATE_KEY_FILE/s);
});

test.each([
  ['development', 'open'],
  ['test', 'open'],
  ['staging', 'id-only'],
  ['production', 'id-only'],
])('in %s the policy for documents is %s unless it is set', (appEnv, policy) => {
  const keys = createTestKeys();
  const env = { APP_ENV: appEnv, IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateKeyFile };
  expect(toConfig(readEnv(env)).persisted.policy).toBe(policy);
  expect(toConfig(readEnv({ ...env, PERSISTED_POLICY: 'open' })).persisted.policy).toBe('open');
  keys.remove();
});

test.each([
  ['development', false],
  ['test', false],
  ['staging', true],
  ['production', true],
])('in %s mutations need an idempotency key unless it is set otherwise: %j', (appEnv, isRequired) => {
  const keys = createTestKeys();
  const env = { APP_ENV: appEnv, IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateKeyFile };
  const read = (more: Record<string, string>) => toConfig(readEnv({ ...env, ...more })).idempotency.isRequired;
  expect(read({})).toBe(isRequired);
  expect(read({ IDEMPOTENCY_KEYS: 'required' })).toBe(true);
  expect(read({ IDEMPOTENCY_KEYS: 'optional' })).toBe(false);
  keys.remove();
});

test.each([
  ['development', 0],
  ['test', 0],
  ['staging', 5_000],
  ['production', 5_000],
])('in %s a gateway that is told to stop serves on for %i ms unless it is set otherwise', (appEnv, delayMs) => {
  const keys = createTestKeys();
  const env = { APP_ENV: appEnv, IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateKeyFile };
  expect(toConfig(readEnv(env)).shutdownDelayMs).toBe(delayMs);
  expect(toConfig(readEnv({ ...env, SHUTDOWN_DELAY_MS: '100' })).shutdownDelayMs).toBe(100);
  keys.remove();
});

test.each(['staging', 'production'])('in %s a key that Nova made for development is refused', (appEnv) => {
  const keys = createTestKeys();
  const pem = readFileSync(keys.identityPrivateKeyFile, 'utf8');
  writeFileSync(keys.identityPrivateKeyFile, `${developmentKeyMark}\n${pem}`);
  const read = (env: string) =>
    toConfig(readEnv({ APP_ENV: env, IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateKeyFile }));
  expect(() => read(appEnv)).toThrow(/made for development/);
  expect(read('development').auth.identityPrivateKey).toContain(pem);
  keys.remove();
});
