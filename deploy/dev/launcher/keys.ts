import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventLogSchema } from '@nova/postgres';
import { developmentKeyMark } from '@nova/runtime';
import { withProgress } from '../bootstrap/progress.mjs';

export type Keys = {
  /** Ed25519: the gateway signs the identity it forwards, services verify it. */
  readonly identityPrivateFile: string;
  readonly identityPublicFile: string;
  /** Ed25519: services sign with it what they ask of their own accord, and verify it. */
  readonly serviceFile: string;
  /** RSA 4096: the identity domain signs access tokens. */
  readonly accessTokenFile: string;
  /** Seals the secrets of second factors. */
  readonly secondFactorKeyFile: string;
  /** What the gateway's admin port wants of who purges its cache. */
  readonly purgeTokenFile: string;
  /** Signs links to media; the other signs what a media server tells of live streams. */
  readonly mediaSigningFile: string;
  readonly streamCallbackFile: string;
  /** Password of the role that owns a schema: each domain's and the event log's. */
  readonly databasePasswords: Readonly<Record<string, string>>;
};

const generate = promisify(generateKeyPair);

/** The instance's own secrets, made at the first start and readable by its user alone. */
export async function ensureKeys(dir: string, domains: readonly string[]): Promise<Keys> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const keys = {
    identityPrivateFile: join(dir, 'identity-private.pem'),
    identityPublicFile: join(dir, 'identity-public.pem'),
    serviceFile: join(dir, 'service-private.pem'),
    accessTokenFile: join(dir, 'access-token-private.pem'),
    secondFactorKeyFile: join(dir, 'second-factor-key'),
    purgeTokenFile: join(dir, 'purge-token'),
    mediaSigningFile: join(dir, 'media-signing'),
    streamCallbackFile: join(dir, 'stream-callback'),
  };
  const missing = [keys.identityPrivateFile, keys.serviceFile, keys.accessTokenFile].some((file) => !existsSync(file));
  if (missing) await withProgress({ title: 'making keys', done: 'keys made' }, () => makeKeys(keys));
  if (!existsSync(keys.identityPublicFile)) {
    const publicKey = createPublicKey(createPrivateKey(readFileSync(keys.identityPrivateFile)));
    writeSecret(keys.identityPublicFile, marked(publicKey.export({ type: 'spki', format: 'pem' }).toString()));
  }
  for (const file of [keys.purgeTokenFile, keys.secondFactorKeyFile, keys.mediaSigningFile, keys.streamCallbackFile])
    if (!existsSync(file)) writeSecret(file, marked(randomBytes(32).toString('base64url')));
  return {
    ...keys,
    databasePasswords: ensurePasswords(join(dir, 'database-passwords.json'), [...domains, eventLogSchema]),
  };
}

async function makeKeys(keys: Pick<Keys, 'identityPrivateFile' | 'serviceFile' | 'accessTokenFile'>): Promise<void> {
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  for (const file of [keys.identityPrivateFile, keys.serviceFile]) {
    if (existsSync(file)) continue;
    const { privateKey } = await generate('ed25519', { privateKeyEncoding, publicKeyEncoding });
    writeSecret(file, marked(privateKey));
  }
  if (!existsSync(keys.accessTokenFile)) {
    const { privateKey } = await generate('rsa', { modulusLength: 4096, privateKeyEncoding, publicKeyEncoding });
    writeSecret(keys.accessTokenFile, marked(privateKey));
  }
}

function ensurePasswords(file: string, schemas: readonly string[]): Record<string, string> {
  const known: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const all = Object.fromEntries(
    schemas.map((schema) => [schema, known[schema] ?? randomBytes(24).toString('base64url')]),
  );
  if (schemas.some((schema) => !known[schema])) writeSecret(file, JSON.stringify({ ...known, ...all }));
  return all;
}

/** Keys made here are refused outside development and test. */
function marked(pem: string): string {
  return `${developmentKeyMark}\n${pem}`;
}

/** A file that was begun never looks like one that is complete. */
function writeSecret(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
