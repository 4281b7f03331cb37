import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Account } from '../accounts/account.ts';
import { findAccountByUsername, findAccounts } from '../accounts/account-repository.ts';
import type { Deps } from '../deps.ts';

export function identityService({ db }: Deps) {
  return rpcService(IdentityService, {
    async getUser({ id }) {
      const [account] = await findAccounts(db, [id]);
      return { user: toUser(account) };
    },
    async getUsersByIds({ ids }) {
      const accounts = await findAccounts(db, ids);
      return { users: accounts.map(toUser) };
    },
    async getUserByUsername({ username }) {
      return { user: toUser(await findAccountByUsername(db, username)) };
    },
  });
}

/** Throws NOT_FOUND without an account. */
function toUser(account: Account | undefined) {
  if (!account) throw new AppError('NOT_FOUND', 'The account does not exist.');
  const { id, username, createdAt, isActive } = account;
  return { id, username, createdAt: timestampFromDate(createdAt), isActive };
}
