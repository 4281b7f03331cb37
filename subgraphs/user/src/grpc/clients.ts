import { timestampDate } from '@bufbuild/protobuf/wkt';
import { AppError, isAppError } from '@nova/errors';
import { IdentityService, type User } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import type { AccountFacts } from '../profiles/profile.ts';

/** What user asks identity. Accounts that are not active are as good as absent. */
export type Accounts = {
  /** Throws ACCOUNT_INACTIVE without an active account. */
  requireActive(id: string, origin: CallOrigin): Promise<AccountFacts>;
  /** One call for all ids (at most 1 000); the accounts that are active. */
  findActive(ids: readonly string[], origin: CallOrigin): Promise<AccountFacts[]>;
  findActiveByUsername(username: string, origin: CallOrigin): Promise<AccountFacts | undefined>;
  stop(): void;
};

export function createAccounts(address: string): Accounts {
  const identity = createRpcClient(IdentityService, { address });
  return {
    async requireActive(id, origin) {
      const { user } = await identity.calls.getUser({ id }, callOptions(origin)).catch(absent);
      const facts = user && factsOf(user);
      if (!facts) throw new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
      return facts;
    },
    async findActive(ids, origin) {
      if (ids.length === 0) return [];
      const { users } = await identity.calls.getUsersByIds({ ids: [...ids] }, callOptions(origin));
      return users.flatMap((user) => factsOf(user) ?? []);
    },
    async findActiveByUsername(username, origin) {
      const { user } = await identity.calls.getUserByUsername({ username }, callOptions(origin)).catch(absent);
      return user && factsOf(user);
    },
    stop: identity.stop,
  };
}

function absent(error: unknown): { user: undefined } {
  if (isAppError(error) && error.code === 'NOT_FOUND') return { user: undefined };
  throw error;
}

function factsOf(user: User): AccountFacts | undefined {
  if (!user.isActive || !user.createdAt) return undefined;
  return { id: user.id, username: user.username, createdAt: timestampDate(user.createdAt) };
}
