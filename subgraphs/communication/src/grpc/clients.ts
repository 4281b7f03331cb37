import { AppError } from '@nova/errors';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import { createAccounts } from '@nova/subgraph';

/** What communication asks identity and social. Both throw SERVICE_UNAVAILABLE when they are away. */
export type People = {
  /** Throws ACCOUNT_INACTIVE unless the viewer's account is active, NOT_FOUND unless all others have one that is. */
  requireActive(people: { viewerId: string; otherIds: readonly string[] }, origin: CallOrigin): Promise<void>;
  /** Whether the viewer and one of the others, whoever of the two, blocks the other. */
  isBlocked(people: { viewerId: string; otherIds: readonly string[] }, origin: CallOrigin): Promise<boolean>;
  stop(): void;
};

export function createPeople(addresses: { identity: string; social: string }): People {
  const accounts = createAccounts(addresses.identity);
  const social = createRpcClient(SocialService, { address: addresses.social });
  return {
    async requireActive(people, origin) {
      const ids = await accounts.findAbsent(people, origin);
      if (ids.length > 0) throw new AppError('NOT_FOUND', 'There is no such person.', { details: { ids } });
    },
    async isBlocked({ viewerId, otherIds }, origin) {
      const request = { userId: viewerId, otherIds: [...otherIds] };
      const { blockedIds } = await social.calls.checkBlocked(request, callOptions(origin));
      return blockedIds.length > 0;
    },
    stop() {
      accounts.stop();
      social.stop();
    },
  };
}
