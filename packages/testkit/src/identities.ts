import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissionsOf } from '@nova/identity/permission-policy';
import {
  type CallerVerifier,
  createCallerVerifier,
  createIdentitySigner,
  createIdentityVerifier,
  type Identity,
  type IdentityVerifier,
  type UserIdentity,
} from '@nova/runtime';

/** The keys of a test's gateway and identity service, in memory and as the files their settings name. */
export type TestKeys = {
  readonly identityPrivateKeyFile: string;
  readonly identityPublicKeyFile: string;
  readonly accessTokenKeyFile: string;
  readonly serviceKeyFile: string;
  /** Secrets of media: for links, and for what the media server tells of live streams. */
  readonly mediaSigningKeyFile: string;
  readonly streamCallbackKeyFile: string;
  readonly secondFactorKeyFile: string;
  sign(identity: Identity): Promise<string>;
  readonly verify: IdentityVerifier;
  /** For gRPC servers, which services also call of their own accord. */
  readonly verifyCaller: CallerVerifier;
  remove(): void;
};

/** Makes keys. The RSA key has 2 048 bits, because a longer one only costs the test time. */
export function createTestKeys(): TestKeys {
  const directory = mkdtempSync(join(tmpdir(), 'nova-keys-'));
  const write = (name: string, pem: string) => {
    const file = join(directory, name);
    writeFileSync(file, pem, { mode: 0o600 });
    return file;
  };
  const identity = pemPair(generateKeyPairSync('ed25519'));
  const service = pemPair(generateKeyPairSync('ed25519'));
  const accessToken = pemPair(generateKeyPairSync('rsa', { modulusLength: 2048 }));
  return {
    identityPrivateKeyFile: write('identity.key.pem', identity.privateKey),
    identityPublicKeyFile: write('identity.pub.pem', identity.publicKey),
    accessTokenKeyFile: write('access-token.key.pem', accessToken.privateKey),
    serviceKeyFile: write('service.key.pem', service.privateKey),
    mediaSigningKeyFile: write('media-signing', 'm'.repeat(32)),
    streamCallbackKeyFile: write('stream-callback', 's'.repeat(32)),
    secondFactorKeyFile: write('second-factor.key', randomBytes(32).toString('hex')),
    sign: createIdentitySigner(identity.privateKey),
    verify: createIdentityVerifier(identity.publicKey),
    verifyCaller: createCallerVerifier({ identityPublicKey: identity.publicKey, serviceKey: service.privateKey }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** A signed-in user, by default with what every account may do. */
export function userIdentity(userId: string, permissions: readonly string[] = permissionsOf([])): UserIdentity {
  return { kind: 'user', userId, sessionId: randomUUID(), permissions };
}

function pemPair(pair: { publicKey: KeyObject; privateKey: KeyObject }): { publicKey: string; privateKey: string } {
  return {
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
