import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendUserDataErased } from './erasure-events.ts';

/** Overwrites or deletes what one noun keeps of an account; finds nothing to do when it is done already. */
export type Eraser = (tx: Transaction<Tables>, accountId: string) => Promise<void>;

/** Part of the caller's transaction. A user of whom nothing is kept counts as erased. */
export type EraseUser = (tx: Transaction<Tables>, userId: string, origin: EventOrigin) => Promise<void>;

/** `erasers` run in this order; the first one locks the account, so that no sign-in comes between them. */
export function createEraseUser(erasers: readonly Eraser[]): EraseUser {
  return async (tx, userId, origin) => {
    for (const erase of erasers) await erase(tx, userId);
    await appendUserDataErased(tx, userId, origin);
  };
}
