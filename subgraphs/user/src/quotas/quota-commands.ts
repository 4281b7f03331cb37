import { AppError } from '@nova/errors';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Quota, requireRoom } from './quota.ts';
import {
  changeUsedBytes,
  deleteQuotaRows,
  deleteReservation,
  insertQuotaIfAbsent,
  insertReservation,
  lockQuota,
  type Reservation,
} from './quota-repository.ts';

export type QuotaCommands = {
  /** Takes room once for each reservation, however often it is asked for. Throws RESOURCE_EXHAUSTED, ACCOUNT_INACTIVE. */
  reserve(reservation: Reservation & { readonly bytes: bigint }): Promise<Quota>;
  /** Gives the room of a reservation back; one that there is not changes nothing. */
  release(reservation: Reservation): Promise<Quota>;
};

export function createQuotaCommands(deps: {
  db: Kysely<Tables>;
  limitBytes: bigint;
  isErased: (tx: Transaction<Tables>, userId: string) => Promise<boolean>;
}): QuotaCommands {
  const { db, limitBytes, isErased } = deps;
  return {
    reserve(reservation) {
      const { userId, bytes } = reservation;
      return db.transaction().execute(async (tx) => {
        await insertQuotaIfAbsent(tx, userId);
        const usedBytes = await lockQuota(tx, userId);
        // Asked after the lock, which an erasure under way holds: room that is taken then would never be given back.
        if (usedBytes === undefined || (await isErased(tx, userId)))
          throw new AppError('ACCOUNT_INACTIVE', 'The account is being erased.');
        if (!(await insertReservation(tx, reservation))) return { usedBytes, limitBytes };
        requireRoom({ usedBytes, limitBytes }, bytes);
        return { usedBytes: await changeUsedBytes(tx, userId, bytes), limitBytes };
      });
    },
    release(reservation) {
      return db.transaction().execute(async (tx) => {
        const usedBytes = await lockQuota(tx, reservation.userId);
        if (usedBytes === undefined) return { usedBytes: 0n, limitBytes };
        const bytes = await deleteReservation(tx, reservation);
        return { usedBytes: await changeUsedBytes(tx, reservation.userId, -bytes), limitBytes };
      });
    },
  };
}

/** For an erasure: nothing is left of the user's quota. */
export async function eraseQuota(tx: Transaction<Tables>, userId: string): Promise<void> {
  // Waits for a first reservation that is being made.
  await insertQuotaIfAbsent(tx, userId);
  await lockQuota(tx, userId);
  await deleteQuotaRows(tx, userId);
}
