import { createHash } from 'node:crypto';
import { AppError } from '@nova/errors';

/** Throws IDEMPOTENCY_KEY_INVALID. */
export function checkKey(key: string): void {
  if (!/^[\x21-\x7e]{8,128}$/.test(key))
    throw new AppError(
      'IDEMPOTENCY_KEY_INVALID',
      'X-Idempotency-Key must have 8 to 128 printable ASCII characters and no spaces.',
    );
}

/** Keys of different viewers never meet; somebody who is not signed in is their address. */
export function scopeOf(
  key: string,
  viewer: { readonly userId: string | undefined; readonly address: string },
): string {
  return sha256([viewer.userId === undefined ? 'address' : 'user', viewer.userId ?? viewer.address, key]);
}

/** Equal for requests that ask for the same, in whatever order their variables came. */
export function fingerprintOf(request: {
  readonly queryHash: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}): string {
  return sha256([request.queryHash, request.operationName ?? null, request.variables ?? {}]);
}

function sha256(value: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
