import { AppError } from '@nova/errors';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';

type KeySet = ReturnType<typeof createLocalJWKSet>;

const fetchTimeoutMs = 3_000;
const refetchEveryMs = 30_000;
/** What identity allows; a key that it withdraws is good no longer than this. */
const refreshEveryMs = 300_000;
const retryAfterFailureMs = 1_000;

/**
 * The public keys of access tokens, fetched on first use and remembered. An unknown key id has them fetched again, at
 * most every 30 s, so that made-up ids cannot be turned into load. After 5 minutes they are fetched again beside the
 * requests, which go on with the keys there are. Throws SERVICE_UNAVAILABLE while no keys can be had.
 */
export function createAccessTokenKeys(url: string, now: () => number): JWTVerifyGetKey {
  let keys: KeySet | undefined;
  let refetchAllowedAtMs = 0;
  let refreshAtMs = 0;
  let pending: Promise<KeySet> | undefined;

  const fetchKeys = (): Promise<KeySet> => {
    pending ??= download(url)
      .then((fetched) => {
        keys = fetched;
        refreshAtMs = now() + refreshEveryMs;
        return fetched;
      })
      .catch((cause: unknown) => {
        refetchAllowedAtMs = now() + retryAfterFailureMs;
        refreshAtMs = refetchAllowedAtMs;
        throw unavailable(cause);
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  const firstKeys = async (): Promise<KeySet> => {
    if (keys) return keys;
    if (!pending && now() < refetchAllowedAtMs) throw unavailable(new Error('the last attempt failed just now'));
    return fetchKeys();
  };

  return async (header, token) => {
    const current = await firstKeys();
    if (!pending && now() >= refreshAtMs) void fetchKeys().catch(() => undefined);
    try {
      return await current(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (keys !== current) return (keys as KeySet)(header, token);
      if (!pending && now() < refetchAllowedAtMs) throw error;
      refetchAllowedAtMs = now() + refetchEveryMs;
      return (await fetchKeys())(header, token);
    }
  };
}

async function download(url: string): Promise<KeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`The key set was answered with status ${response.status}.`);
  return createLocalJWKSet((await response.json()) as Parameters<typeof createLocalJWKSet>[0]);
}

function unavailable(cause: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'Access tokens cannot be checked at the moment; try again.', { cause });
}
