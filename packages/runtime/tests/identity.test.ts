import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import {
  anonymous,
  createCallerVerifier,
  createIdentitySigner,
  createIdentityVerifier,
  createServiceSigner,
  type Identity,
} from '../src/index.ts';

const keys = generateKeyPairSync('ed25519');
const sign = createIdentitySigner(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
const publicPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const verify = createIdentityVerifier(publicPem);
const user: Identity = { kind: 'user', userId: 'u-1', sessionId: 's-1', permissions: ['read:posts'] };

test.each([anonymous, user])('an identity arrives as it was signed', async (identity) => {
  expect(await verify(await sign(identity))).toEqual(identity);
});

test('an identity that somebody else signed, changed or never signed is refused', async () => {
  const other = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const genuine = await sign(user);
  const [header, , signature] = genuine.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: 'u-2', aud: 'nova-services', iss: 'nova-gateway' })).toString(
    'base64url',
  );
  for (const token of ['', 'a.b.c', await createIdentitySigner(other)(user), `${header}.${claims}.${signature}`]) {
    await expect(verify(token)).rejects.toThrow();
  }
});

test.each([
  ['has expired', { exp: 1 }],
  ['is meant for another audience', { aud: 'somebody' }],
  ['names another issuer', { iss: 'somebody' }],
  ['never expires', { exp: undefined }],
])('an identity that %s is refused', async (_name, changed) => {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { iss: 'nova-gateway', aud: 'nova-services', exp, ...changed };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'nova-identity' })
    .sign(keys.privateKey);
  await expect(verify(token)).rejects.toThrow();
});

test('however many identities are verified, a bounded number is remembered', async () => {
  const small = createIdentityVerifier(publicPem, { maxRemembered: 2 });
  const tokens = await Promise.all([1, 2, 3].map((n) => sign({ ...user, userId: `u-${n}` } as Identity)));
  for (const token of [...tokens, ...tokens]) expect(await small(token)).toMatchObject({ kind: 'user' });
});

const serviceKey = generateKeyPairSync('ed25519').privateKey;
const servicePem = serviceKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const verifyCaller = createCallerVerifier({ identityPublicKey: publicPem, serviceKey: servicePem });

test('a service is known by the key of services, a user by that of the gateway', async () => {
  const token = await createServiceSigner(servicePem)({ name: 'search', permissions: ['read:all'] });
  expect(await verifyCaller(token)).toEqual({ kind: 'service', name: 'search', permissions: ['read:all'] });
  expect(await verifyCaller(await sign(user))).toEqual(user);
  await expect(verify(token)).rejects.toThrow();
});

test('whoever has the key of services cannot act for a user with it', async () => {
  const asUser = await createIdentitySigner(servicePem)(user);
  const claims = { permissions: [], iss: 'nova-gateway', aud: 'nova-services', sub: 'u-1', sid: 's-1' };
  const mixed = await new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'nova-service-identity' })
    .sign(serviceKey);
  for (const token of [asUser, mixed, '', 'a.b.c']) await expect(verifyCaller(token)).rejects.toThrow();
});
