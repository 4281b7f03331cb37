import { timestampDate } from '@bufbuild/protobuf/wkt';
import { AppError, isAppError } from '@nova/errors';
import { IdentityService, type User } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';

export type ActiveAccount = { readonly id: string; readonly username: string; readonly createdAt: Date };

/** What domains ask identity. Accounts that are not active are as good as absent. All throw SERVICE_UNAVAILABLE when identity is away. */
export type Accounts = {
  /** Throws ACCOUNT_INACTIVE without an active account. */
  requireActive(id: string, origin: CallOrigin): Promise<ActiveAccount>;
  /** One call for all ids (at most 1 000, all UUIDs); the accounts that are active. */
  findActive(ids: readonly string[], origin: CallOrigin): Promise<ActiveAccount[]>;
  /** One call for all: those of the others (at most 999, all UUIDs) without an active account. Throws ACCOUNT_INACTIVE unless the viewer has one. */
  findAbsent(people: { viewerId: string; otherIds: readonly string[] }, origin: CallOrigin): Promise<string[]>;
  findActiveByUsername(username: string, origin: CallOrigin): Promise<ActiveAccount | undefined>;
  stop(): void;
};

export function createAccounts(address: string): Accounts {
  const identity = createRpcClient(IdentityService, { address });
  const findActive: Accounts['findActive'] = async (ids, origin) => {
    if (ids.length === 0) return [];
    const { users } = await identity.calls.getUsersByIds({ ids: [...ids] }, callOptions(origin));
    return users.flatMap((user) => activeAccountOf(user) ?? []);
  };
  return {
    async requireActive(id, origin) {
      const { user } = await identity.calls.getUser({ id }, callOptions(origin)).catch(absent);
      const account = user && activeAccountOf(user);
      if (!account) throw accountInactive();
      return account;
    },
    findActive,
    async findAbsent({ viewerId, otherIds }, origin) {
      const active = new Set((await findActive([viewerId, ...otherIds], origin)).map(({ id }) => id));
      if (!active.has(viewerId)) throw accountInactive();
      return otherIds.filter((id) => !active.has(id));
    },
    async findActiveByUsername(username, origin) {
      const { user } = await identity.calls.getUserByUsername({ username }, callOptions(origin)).catch(absent);
      return user && activeAccountOf(user);
    },
    stop: identity.stop,
  };
}

function absent(error: unknown): { user: undefined } {
  if (isAppError(error) && error.code === 'NOT_FOUND') return { user: undefined };
  throw error;
}

function activeAccountOf(user: User): ActiveAccount | undefined {
  if (!user.isActive || !user.createdAt) return undefined;
  return { id: user.id, username: user.username, createdAt: timestampDate(user.createdAt) };
}

function accountInactive(): AppError {
  return new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
}
