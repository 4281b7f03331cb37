import { AppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';

/** What communication asks identity and social. Both throw SERVICE_UNAVAILABLE when they are away. */
export type People = {
  /** Throws ACCOUNT_INACTIVE unless the viewer's account is active, NOT_FOUND unless all others have one that is. */
  requireActive(people: { viewerId: string; otherIds: readonly string[] }, origin: CallOrigin): Promise<void>;
  /** Whether the viewer and one of the others, whoever of the two, blocks the other. */
  isBlocked(people: { viewerId: string; otherIds: readonly string[] }, origin: CallOrigin): Promise<boolean>;
  stop(): void;
};

export function createPeople(addresses: { identity: string; social: string }): People {
  const identity = createRpcClient(IdentityService, { address: addresses.identity });
  const social = createRpcClient(SocialService, { address: addresses.social });
  return {
    async requireActive({ viewerId, otherIds }, origin) {
      const { users } = await identity.calls.getUsersByIds({ ids: [viewerId, ...otherIds] }, callOptions(origin));
      const active = new Set(users.flatMap(({ id, isActive }) => (isActive ? id : [])));
      if (!active.has(viewerId)) throw new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
      const missing = otherIds.filter((id) => !active.has(id));
      if (missing.length > 0)
        throw new AppError('NOT_FOUND', 'A person does not exist.', { details: { ids: missing } });
    },
    async isBlocked({ viewerId, otherIds }, origin) {
      const request = { userId: viewerId, otherIds: [...otherIds] };
      const { blockedIds } = await social.calls.checkBlocked(request, callOptions(origin));
      return blockedIds.length > 0;
    },
    stop() {
      identity.stop();
      social.stop();
    },
  };
}
