import type { Validity } from './object-store.ts';

/**
 * Good for at least `seconds` and for less than twice that. Within a window of so many seconds it is always the same, so that
 * whoever asks again gets the same link and has its bytes in a cache.
 */
export function validityFor(seconds: number, nowMs = Date.now()): Validity {
  const windowMs = seconds * 1_000;
  const start = Math.floor(nowMs / windowMs) * windowMs;
  return { signedAt: new Date(start), expiresAt: new Date(start + 2 * windowMs) };
}
