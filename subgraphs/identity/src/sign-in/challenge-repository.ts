import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** Deletes the account's expired ones, so that there are never more than were asked for lately. Resolves with when it expires. */
export async function insertChallenge(
  tx: Transaction<Tables>,
  { accountId, hash, lifetimeSeconds }: { accountId: string; hash: Buffer; lifetimeSeconds: number },
): Promise<Date> {
  await tx
    .deleteFrom('login_challenges')
    .where('account_id', '=', accountId)
    .where('expires_at', '<=', sql<Date>`now()`)
    .execute();
  const { expires_at } = await tx
    .insertInto('login_challenges')
    .values({
      token_hash: hash,
      account_id: accountId,
      expires_at: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return expires_at;
}

/** Whose challenge it is; undefined for one that is not known or has expired. */
export async function findChallenge(db: Kysely<Tables>, hash: Buffer): Promise<string | undefined> {
  const row = await db
    .selectFrom('login_challenges')
    .select('account_id')
    .where('token_hash', '=', hash)
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row?.account_id;
}

/** False when somebody else has met it meanwhile. */
export async function deleteChallenge(tx: Transaction<Tables>, hash: Buffer): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('login_challenges').where('token_hash', '=', hash).executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteChallenges(tx: Transaction<Tables>, accountId: string): Promise<void> {
  await tx.deleteFrom('login_challenges').where('account_id', '=', accountId).execute();
}
