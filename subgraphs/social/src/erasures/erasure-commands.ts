import type { Erase } from './erase.ts';
import { appendUserDataErased } from './erasure-events.ts';

/** Deletes what the parts keep of a user, one after the other in the transaction of the request, and answers it. */
export function createErasure(parts: readonly Erase[]): Erase {
  return async (tx, userId, erasure) => {
    for (const erase of parts) await erase(tx, userId, erasure);
    await appendUserDataErased(tx, userId, erasure);
  };
}
