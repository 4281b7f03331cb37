import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** Bytes that the user's reservations take together. */
export async function findUsedBytes(db: Kysely<Tables>, userId: string): Promise<bigint> {
  const row = await db.selectFrom('quotas').select('used_bytes').where('user_id', '=', userId).executeTakeFirst();
  return BigInt(row?.used_bytes ?? 0);
}

export async function insertQuotaIfAbsent(db: Kysely<Tables>, userId: string): Promise<void> {
  await db
    .insertInto('quotas')
    .values({ user_id: userId, used_bytes: 0n })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The bytes in use; locks the quota until the transaction ends, so that one reservation is decided after the other. */
export async function lockQuota(db: Kysely<Tables>, userId: string): Promise<bigint | undefined> {
  const row = await db
    .selectFrom('quotas')
    .select('used_bytes')
    .where('user_id', '=', userId)
    .forUpdate()
    .executeTakeFirst();
  return row && BigInt(row.used_bytes);
}

export type Reservation = { readonly userId: string; readonly reservationId: string };

/** False when the reservation exists already; it then stays as it is. */
export async function insertReservation(
  db: Kysely<Tables>,
  { userId, reservationId, bytes }: Reservation & { readonly bytes: bigint },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('quota_reservations')
    .values({ user_id: userId, reservation_id: reservationId, bytes })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** The bytes that it held; 0 when there is none. */
export async function deleteReservation(db: Kysely<Tables>, reservation: Reservation): Promise<bigint> {
  const row = await db
    .deleteFrom('quota_reservations')
    .where('user_id', '=', reservation.userId)
    .where('reservation_id', '=', reservation.reservationId)
    .returning('bytes')
    .executeTakeFirst();
  return BigInt(row?.bytes ?? 0);
}

/** Adds to the bytes in use; takes from them when `bytes` is negative. Resolves with those in use then. */
export async function changeUsedBytes(db: Kysely<Tables>, userId: string, bytes: bigint): Promise<bigint> {
  const row = await db
    .updateTable('quotas')
    .set({ used_bytes: sql`used_bytes + ${bytes}` })
    .where('user_id', '=', userId)
    .returning('used_bytes')
    .executeTakeFirstOrThrow();
  return BigInt(row.used_bytes);
}

export async function deleteQuotaRows(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('quota_reservations').where('user_id', '=', userId).execute();
  await db.deleteFrom('quotas').where('user_id', '=', userId).execute();
}
