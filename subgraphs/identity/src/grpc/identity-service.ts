import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppError, isAppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { type RpcContext, rpcService } from '@nova/rpc';
import { accountNotFound } from '../accounts/account.ts';
import {
  accountExists,
  countAccounts,
  findAccountByEmail,
  findAccountByUsername,
  findAccounts,
  listAccounts,
} from '../accounts/account-repository.ts';
import type { Permission } from '../accounts/permission-policy.ts';
import type { Deps } from '../deps.ts';
import { readAccess } from '../grants/account-access.ts';
import { maySeeAccounts, readAccounts, toUser } from './user-message.ts';

const permissions = {
  getUserByEmail: readAccounts,
  listUsers: readAccounts,
  recordFailedLogin: 'write:accounts',
} satisfies Record<string, Permission>;

export function identityService({ db, failedLogins, verifyAccessToken }: Deps) {
  return rpcService(
    IdentityService,
    {
      async getUser({ id }, caller) {
        const [account] = await findAccounts(db, [id]);
        return { user: toUser(account, caller) };
      },
      async getUsersByIds({ ids }, caller) {
        const found = await findAccounts(db, ids);
        return { users: found.map((account) => toUser(account, caller)) };
      },
      async getUserByUsername({ username }, caller) {
        return { user: toUser(await findAccountByUsername(db, username), caller) };
      },
      async getUserByEmail({ email }, caller) {
        const account = await findAccountByEmail(db, email);
        return account ? { found: true, user: toUser(account, caller) } : { found: false };
      },
      async listUsers({ limit, offset }, caller) {
        const [page, totalCount] = await Promise.all([listAccounts(db, { limit, offset }), countAccounts(db)]);
        return { users: page.map((account) => toUser(account, caller)), totalCount };
      },
      checkUserExists: async ({ id }) => ({ exists: await accountExists(db, id) }),
      verifyToken: async ({ token }) =>
        verifyAccessToken(token).then(({ id, email }) => ({ valid: true, userId: id, email }), refusal),
      async checkPermission({ userId, permission }, caller) {
        const access = await findAccess(userId, caller);
        return { allowed: access?.permissions.some((granted) => granted === permission) ?? false };
      },
      async getUserPermissions({ userId }, caller) {
        const access = await findAccess(userId, caller);
        if (!access) throw accountNotFound();
        return { permissions: [...access.permissions], roles: [...access.roles] };
      },
      async recordFailedLogin({ userId }) {
        const failure = await failedLogins.count({ id: userId });
        if (!failure) throw accountNotFound();
        const { count, lock } = failure;
        return { failedLoginAttempts: count, lockedUntil: lock && timestampFromDate(lock.lockedUntil) };
      },
    },
    permissions,
  );

  /** Throws FORBIDDEN for somebody else's without the permission, whether there is such an account or not. */
  async function findAccess(userId: string, { identity }: Pick<RpcContext, 'identity'>) {
    const isOwn = identity.kind === 'user' && identity.userId === userId;
    if (!isOwn && !maySeeAccounts(identity))
      throw new AppError('FORBIDDEN', `Permissions of others need the permission ${readAccounts}.`, {
        details: { scopes: [readAccounts] },
      });
    const [account] = await findAccounts(db, [userId]);
    return account && readAccess(db, account);
  }
}

/** A token that is not good is an answer, not a failure. */
function refusal(error: unknown) {
  if (isAppError(error)) return { valid: false, error: error.code };
  throw error;
}
