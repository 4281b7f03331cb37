import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import { type Account, accountNotFound } from '../accounts/account.ts';
import { isPermission, type Permission } from '../accounts/permission-policy.ts';
import type { Tables } from '../db/tables.ts';
import { type AccountAccess, readAccess } from './account-access.ts';
import { appendPermissionGranted, appendPermissionRevoked } from './grant-events.ts';
import { deleteGrant, insertGrant } from './grant-repository.ts';

type Origin = EventOrigin & Idempotent;
type Change = { readonly accountId: string; readonly permission: string; readonly changedBy: string };

/** Access tokens tell of a change from the next sign-in or refresh on. All throw NOT_FOUND without an account that is not deleted. */
export type GrantCommands = {
  access(accountId: string): Promise<AccountAccess>;
  /** Changes nothing when the account has the grant. Throws BAD_USER_INPUT for a permission that does not exist. */
  grant(change: Change, origin: Origin): Promise<AccountAccess>;
  /** Takes a grant back, not what roles give; changes nothing when there is none. Throws BAD_USER_INPUT. */
  revoke(change: Change, origin: Origin): Promise<AccountAccess>;
};

export function createGrantCommands({
  db,
  lockAccount,
  findAccount,
}: {
  db: Kysely<Tables>;
  /** Both: an account that is not deleted. */
  lockAccount: (tx: Transaction<Tables>, id: string) => Promise<Account | undefined>;
  findAccount: (db: Kysely<Tables>, id: string) => Promise<Account | undefined>;
}): GrantCommands {
  const access = async (reader: Kysely<Tables>, accountId: string) => {
    const account = await findAccount(reader, accountId);
    if (!account) throw accountNotFound();
    return readAccess(reader, account);
  };
  const change = ({ accountId }: Change, origin: Origin, effect: (tx: Transaction<Tables>) => Promise<void>) =>
    db.transaction().execute((tx) =>
      once(tx, origin.idempotency, {
        async effect() {
          const account = await lockAccount(tx, accountId);
          if (!account) throw accountNotFound();
          await effect(tx);
          return readAccess(tx, account);
        },
        idOf: () => accountId,
        earlier: (id) => access(tx, id),
      }),
    );
  return {
    access: (accountId) => access(db, accountId),
    async grant(input, origin) {
      const permission = requirePermission(input.permission);
      return change(input, origin, async (tx) => {
        const grant = { accountId: input.accountId, permission, grantedBy: input.changedBy };
        if (await insertGrant(tx, grant)) await appendPermissionGranted(tx, input, origin);
      });
    },
    async revoke(input, origin) {
      const permission = requirePermission(input.permission);
      return change(input, origin, async (tx) => {
        if (await deleteGrant(tx, input.accountId, permission)) await appendPermissionRevoked(tx, input, origin);
      });
    },
  };
}

function requirePermission(name: string): Permission {
  if (isPermission(name)) return name;
  throw new AppError('BAD_USER_INPUT', 'There is no such permission.', { details: { field: 'permission' } });
}
