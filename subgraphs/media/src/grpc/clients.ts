import { AppError, isAppError } from '@nova/errors';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';

/** The room of users for what they upload, as user keeps it; a reservation is named after its asset. */
export type Quota = {
  /** Throws RESOURCE_EXHAUSTED without enough room. */
  reserve(room: { userId: string; assetId: string; bytes: number }, origin: CallOrigin): Promise<void>;
  /** Gives the room back; nothing happens when there is none. */
  release(room: { userId: string; assetId: string }, origin: CallOrigin): Promise<void>;
  stop(): void;
};

export function createQuota(address: string): Quota {
  const user = createRpcClient(UserService, { address });
  return {
    async reserve({ userId, assetId: reservationId, bytes }, origin) {
      const room = { userId, reservationId, bytes: BigInt(bytes) };
      await user.calls.reserveQuota(room, callOptions(origin)).catch((error: unknown) => {
        if (!isAppError(error) || error.code !== 'RESOURCE_EXHAUSTED') throw error;
        const { details } = error;
        const message = `There is no room for ${bytes} bytes more in your storage; delete something first.`;
        throw new AppError('RESOURCE_EXHAUSTED', message, { details: { ...details, bytes }, cause: error });
      });
    },
    async release({ userId, assetId: reservationId }, origin) {
      await user.calls.releaseQuota({ userId, reservationId }, callOptions(origin));
    },
    stop: user.stop,
  };
}
