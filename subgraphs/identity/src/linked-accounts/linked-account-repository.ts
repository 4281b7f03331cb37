import { AppError } from '@nova/errors';
import { isUniqueViolation } from '@nova/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { ProviderName } from '../providers/provider.ts';

/** A provider's account by which one may sign in to an account of Nova. */
export type LinkedProvider = { readonly provider: ProviderName; readonly linkedAt: Date };

type Subject = { readonly provider: ProviderName; readonly subject: string };

export async function findLinkedProviders(
  db: Kysely<Tables>,
  accountIds: readonly string[],
): Promise<Map<string, LinkedProvider[]>> {
  const rows = await db
    .selectFrom('linked_accounts')
    .select(['account_id as accountId', 'provider', 'linked_at as linkedAt'])
    .where('account_id', '=', sql<string>`any(${accountIds}::uuid[])`)
    .orderBy('provider')
    .execute();
  return Map.groupBy(rows, ({ accountId }) => accountId);
}

/** The id of the account that is linked. */
export async function findLinkedAccount(
  db: Kysely<Tables>,
  { provider, subject }: Subject,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('linked_accounts')
    .select('account_id')
    .where('provider', '=', provider)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row?.account_id;
}

/** Throws CONFLICT when either side is linked already. The constraints decide, so that of two at the same time one is refused. */
export async function insertLink(
  tx: Transaction<Tables>,
  { provider, subject, accountId }: Subject & { readonly accountId: string },
): Promise<void> {
  try {
    await tx.insertInto('linked_accounts').values({ provider, subject, account_id: accountId }).execute();
  } catch (error) {
    if (isUniqueViolation(error, 'linked_accounts_pkey'))
      throw new AppError('CONFLICT', 'This account of the provider is linked already.', { details: { provider } });
    if (isUniqueViolation(error, 'linked_accounts_account_id_provider_key'))
      throw new AppError('CONFLICT', 'The account is linked with another one of the provider.', {
        details: { provider },
      });
    throw error;
  }
}

/** False when there was none. */
export async function deleteLink(tx: Transaction<Tables>, accountId: string, provider: ProviderName): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('linked_accounts')
    .where('account_id', '=', accountId)
    .where('provider', '=', provider)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteLinks(tx: Transaction<Tables>, accountId: string): Promise<void> {
  await tx.deleteFrom('linked_accounts').where('account_id', '=', accountId).execute();
  await tx.deleteFrom('provider_attempts').where('account_id', '=', accountId).execute();
}
