import { type Kysely, sql } from 'kysely';
import { isPermission, type Permission } from '../accounts/permission-policy.ts';
import type { Tables } from '../db/tables.ts';

/** What operators granted accounts beside their roles. A name that this build does not know grants nothing. */
export async function findGrants(
  db: Kysely<Tables>,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, readonly Permission[]>> {
  const rows = await db
    .selectFrom('user_permissions')
    .select(['account_id', 'permission'])
    .where('account_id', '=', sql<string>`any(${accountIds}::uuid[])`)
    .orderBy('permission')
    .execute();
  const known = rows.flatMap(({ account_id: accountId, permission }) =>
    isPermission(permission) ? [{ accountId, permission }] : [],
  );
  const grouped = Map.groupBy(known, ({ accountId }) => accountId);
  return new Map([...grouped].map(([id, grants]) => [id, grants.map(({ permission }) => permission)]));
}

/** False when the account has it already. */
export async function insertGrant(
  db: Kysely<Tables>,
  grant: { accountId: string; permission: Permission; grantedBy: string },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('user_permissions')
    .values({ account_id: grant.accountId, permission: grant.permission, granted_by: grant.grantedBy })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** False when there was none. */
export async function deleteGrant(db: Kysely<Tables>, accountId: string, permission: Permission): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('user_permissions')
    .where('account_id', '=', accountId)
    .where('permission', '=', permission)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteGrants(db: Kysely<Tables>, accountId: string): Promise<void> {
  await db.deleteFrom('user_permissions').where('account_id', '=', accountId).execute();
}
