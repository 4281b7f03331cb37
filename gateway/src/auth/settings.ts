import { type AppEnv, readKeyFile, type SettingValues, setting } from '@nova/runtime';
import type { RevocationOptions } from './revocations.ts';

/** Ten minutes. */
const maxTimeMs = 600_000;

export const authSettings = {
  JWKS_URL: setting.url({
    default: 'http://127.0.0.1:4010/.well-known/jwks.json',
    description: 'Where the identity subgraph publishes the public keys of access tokens.',
  }),
  REVOCATIONS_URL: setting.url({
    default: 'http://127.0.0.1:4010/revoked-sessions',
    description: 'Where the identity subgraph says which sessions have ended, so that their access tokens are refused.',
  }),
  REVOCATION_POLL_MS: setting.integer({
    default: 2_000,
    min: 10,
    max: maxTimeMs,
    description: 'How often that is asked.',
  }),
  REVOCATION_MAX_STALENESS_MS: setting.integer({
    default: 60_000,
    min: 1,
    max: maxTimeMs,
    description: 'After so long without an answer signed-in requests are refused with SERVICE_UNAVAILABLE.',
  }),
  IDENTITY_PRIVATE_KEY_FILE: setting.string({
    description: 'PEM file of the Ed25519 key that signs the identity forwarded to subgraphs.',
  }),
};

export type AuthOptions = {
  readonly jwksUrl: string;
  readonly revocations: RevocationOptions;
  /** PEM */
  readonly identityPrivateKey: string;
};

/** Reads the key file; throws ConfigError when it is missing or not fit for APP_ENV. */
export function toAuth(flat: SettingValues<typeof authSettings> & { readonly APP_ENV: AppEnv }): AuthOptions {
  return {
    jwksUrl: flat.JWKS_URL,
    revocations: {
      url: flat.REVOCATIONS_URL,
      pollMs: flat.REVOCATION_POLL_MS,
      maxStalenessMs: flat.REVOCATION_MAX_STALENESS_MS,
    },
    identityPrivateKey: readKeyFile('IDENTITY_PRIVATE_KEY_FILE', flat.IDENTITY_PRIVATE_KEY_FILE, flat.APP_ENV),
  };
}
