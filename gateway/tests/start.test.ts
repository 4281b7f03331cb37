import { ConfigError } from '@nova/runtime';
import { expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { manifestOf, startWorld } from './_world.ts';

test.each([
  ['a supergraph file', 'SUPERGRAPH_FILE', /No supergraph could be read from nowhere/],
  ['a manifest', 'PERSISTED_MANIFEST_FILE', /No manifest could be read from nowhere/],
  ['a signing key', 'IDENTITY_PRIVATE_KEY_FILE', /ENOENT.*nowhere/],
])('without %s the gateway does not start, and says which setting is wrong', async (_what, name, message) => {
  await expect(startWorld({ [name]: 'nowhere' })).rejects.toThrow(message);
});

test('a manifest whose id is not the hash of its text keeps the gateway from starting', async () => {
  const manifest = manifestOf([['A', '{ __typename }']]).replace('{ __typename }', '{ viewer { id } }');
  await expect(startWorld({}, { manifest })).rejects.toMatchObject({
    cause: { message: 'The id of A is not the SHA-256 of its body.' },
  });
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
  const env = { APP_ENV: appEnv, IDENTITY_PRIVATE_KEY_FILE: 'key.pem' };
  expect(toConfig(readEnv(env)).persisted.policy).toBe(policy);
  expect(toConfig(readEnv({ ...env, PERSISTED_POLICY: 'open' })).persisted.policy).toBe('open');
});
