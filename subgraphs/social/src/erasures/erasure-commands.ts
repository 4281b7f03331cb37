import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendUserDataErased } from './erasure-events.ts';

type Erase = (tx: Transaction<Tables>, userId: string, origin: EventOrigin) => Promise<void>;

/** Deletes what the parts keep of a user, one after the other in the transaction of the request, and answers it. */
export function createErasure(parts: readonly Erase[]): Erase {
  return async (tx, userId, origin) => {
    for (const erase of parts) await erase(tx, userId, origin);
    await appendUserDataErased(tx, userId, origin);
  };
}
