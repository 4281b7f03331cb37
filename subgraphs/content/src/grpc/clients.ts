import { AppError, isAppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';

/** What content asks identity. */
export type Accounts = {
  /** Throws ACCOUNT_INACTIVE unless the account exists and is active; SERVICE_UNAVAILABLE when identity is away. */
  requireActive(id: string, origin: CallOrigin): Promise<void>;
  stop(): void;
};

export function createAccounts(address: string): Accounts {
  const identity = createRpcClient(IdentityService, { address });
  return {
    async requireActive(id, origin) {
      const { user } = await identity.calls.getUser({ id }, callOptions(origin)).catch((error: unknown) => {
        if (isAppError(error) && error.code === 'NOT_FOUND') return { user: undefined };
        throw error;
      });
      if (!user?.isActive) throw new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
    },
    stop: identity.stop,
  };
}
