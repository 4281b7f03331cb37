import { ConfigError, type SettingValues, setting } from '@nova/runtime';
import { type PersistedPolicy, persistedPolicies } from './resolve-document.ts';

export const persistedSettings = {
  PERSISTED_MANIFEST_FILES: setting.list({
    default: 'persisted-queries/manifest.json',
    description:
      'Manifests of persisted operations, as file,file: one for each client version in use. A change on disk is served without a restart.',
  }),
  PERSISTED_POLICY: setting.oneOf(persistedPolicies, {
    optional: true,
    description:
      'Who may send texts besides ids of the manifest: everybody (open), TRUSTED_CLIENTS (known-or-trusted-client) or nobody (id-only). Unset it is open in development and test, else id-only.',
  }),
  PERSISTED_MEASURE: setting.boolean({
    default: false,
    description: 'Whether texts that no manifest has are logged, each with its operation and client once an hour.',
  }),
  TRUSTED_CLIENTS: setting.map({
    description:
      'Clients that may send texts, as name=hash: the SHA-256 in hex of the key they send as x-nova-client-key.',
  }),
  APQ_CACHE_BYTES: setting.integer({
    default: 16_777_216,
    min: 1,
    description:
      'Memory for texts that clients sent with their hash, so that the hash is enough later (APQ); with REDIS_URL what one gateway was sent all know.',
  }),
};

export type PersistedOptions = {
  readonly manifestFiles: readonly string[];
  readonly policy: PersistedPolicy;
  /** Whether texts that no manifest has are logged. */
  readonly measure: boolean;
  /** SHA-256 of the key, in hex, by client. */
  readonly trustedClients: ReadonlyMap<string, string>;
  readonly automaticBytes: number;
};

/** Throws ConfigError for a client without a hash. */
export function toPersisted(flat: SettingValues<typeof persistedSettings>, isLenient: boolean): PersistedOptions {
  return {
    manifestFiles: flat.PERSISTED_MANIFEST_FILES,
    measure: flat.PERSISTED_MEASURE,
    trustedClients: checkTrustedClients(flat.TRUSTED_CLIENTS),
    automaticBytes: flat.APQ_CACHE_BYTES,
    policy: flat.PERSISTED_POLICY ?? (isLenient ? 'open' : 'id-only'),
  };
}

function checkTrustedClients(hashes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const problems = [...hashes]
    .filter(([, hash]) => !/^[0-9a-f]{64}$/i.test(hash))
    .map(([name]) => `TRUSTED_CLIENTS has for ${name} no SHA-256 in hex`);
  if (problems.length > 0) throw new ConfigError(problems);
  return hashes;
}
