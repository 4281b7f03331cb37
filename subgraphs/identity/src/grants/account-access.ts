import type { Kysely } from 'kysely';
import type { Account, AccountRole } from '../accounts/account.ts';
import { type Permission, permissionsOf } from '../accounts/permission-policy.ts';
import type { Tables } from '../db/tables.ts';
import { findGrants } from './grant-repository.ts';

/** What an account may do and why. */
export type AccountAccess = {
  readonly accountId: string;
  readonly roles: readonly AccountRole[];
  /** Beside what the roles give. */
  readonly grants: readonly Permission[];
  /** From roles and grants, each once; none for an account that is not active. */
  readonly permissions: readonly Permission[];
};

/** Reads the grants with one statement. */
export async function readAccess(db: Kysely<Tables>, account: Account): Promise<AccountAccess> {
  const { id: accountId, roles, isActive } = account;
  const grants = (await findGrants(db, [accountId])).get(accountId) ?? [];
  const permissions = isActive ? [...new Set([...permissionsOf(roles), ...grants])] : [];
  return { accountId, roles, grants, permissions };
}
