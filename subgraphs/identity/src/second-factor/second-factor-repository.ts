import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** What its owner may see of a confirmed factor. */
export type SecondFactor = { readonly confirmedAt: Date; readonly recoveryCodesLeft: number };

export type StoredFactor = {
  readonly sealedSecret: Buffer;
  readonly isConfirmed: boolean;
  readonly lastUsedStep: number;
};

/** By account id; accounts without a confirmed factor are not in the map. */
export async function findSecondFactors(
  db: Kysely<Tables>,
  accountIds: readonly string[],
): Promise<Map<string, SecondFactor>> {
  const { rows } = await sql<SecondFactor & { accountId: string }>`
    select account_id as "accountId", confirmed_at as "confirmedAt", (
      select count(*)::integer from recovery_codes
      where recovery_codes.account_id = totp_factors.account_id and used_at is null
    ) as "recoveryCodesLeft"
    from totp_factors where account_id = any(${accountIds}::uuid[]) and confirmed_at is not null`.execute(db);
  return new Map(rows.map(({ accountId, ...factor }) => [accountId, factor]));
}

export async function hasSecondFactor(db: Kysely<Tables>, accountId: string): Promise<boolean> {
  return (await findFactor(db, accountId))?.isConfirmed === true;
}

export async function findFactor(db: Kysely<Tables>, accountId: string): Promise<StoredFactor | undefined> {
  return db
    .selectFrom('totp_factors')
    .select('sealed_secret as sealedSecret')
    .select(sql<boolean>`confirmed_at is not null`.as('isConfirmed'))
    .select(sql<number>`last_used_step::float8`.as('lastUsedStep'))
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** In place of one that was never confirmed. */
export async function putUnconfirmedFactor(
  tx: Transaction<Tables>,
  accountId: string,
  sealedSecret: Buffer,
): Promise<void> {
  const values = { sealed_secret: sealedSecret, created_at: sql<Date>`now()`, last_used_step: 0 };
  await tx
    .insertInto('totp_factors')
    .values({ account_id: accountId, ...values })
    .onConflict((conflict) =>
      conflict.column('account_id').doUpdateSet(values).where('totp_factors.confirmed_at', 'is', null),
    )
    .execute();
}

export async function confirmFactor(
  tx: Transaction<Tables>,
  accountId: string,
  recoveryCodeHashes: readonly Buffer[],
): Promise<void> {
  await tx.updateTable('totp_factors').set({ confirmed_at: sql`now()` }).where('account_id', '=', accountId).execute();
  await tx
    .insertInto('recovery_codes')
    .values(recoveryCodeHashes.map((hash) => ({ account_id: accountId, code_hash: hash })))
    .execute();
}

/** False when a code of this step or a later one was used before. */
export async function useStep(
  tx: Transaction<Tables>,
  { accountId, step, sealedSecret }: { accountId: string; step: number; sealedSecret: Buffer },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp_factors')
    .set({ last_used_step: step, sealed_secret: sealedSecret })
    .where('account_id', '=', accountId)
    .where('last_used_step', '<', step)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False when there is no such code or it was used before. */
export async function useRecoveryCode(tx: Transaction<Tables>, accountId: string, hash: Buffer): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: sql`now()` })
    .where('account_id', '=', accountId)
    .where('code_hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** With its recovery codes. */
export async function deleteSecondFactor(tx: Transaction<Tables>, accountId: string): Promise<void> {
  await tx.deleteFrom('totp_factors').where('account_id', '=', accountId).execute();
}
