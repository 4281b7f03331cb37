import { AppError, isAppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import { ContentService } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import { type LikedPost, postNotFound } from '../likes/like.ts';
import { type Pair, userNotFound } from '../relations/relation.ts';

/** What social asks identity. All throw SERVICE_UNAVAILABLE when identity is away. */
export type Accounts = {
  /** Throws ACCOUNT_INACTIVE unless the account exists and is active. */
  requireActive(id: string, origin: CallOrigin): Promise<void>;
  /** Also throws NOT_FOUND when the other account does not exist or is not active. */
  requireBoth(pair: Pair, origin: CallOrigin): Promise<void>;
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
      if (!user?.isActive) throw accountInactive();
    },
    async requireBoth({ actorId, otherId }, origin) {
      const ids = [actorId, otherId].filter(isUuid);
      const { users } = await identity.calls.getUsersByIds({ ids }, callOptions(origin));
      const active = new Set(users.filter(({ isActive }) => isActive).map(({ id }) => id));
      if (!active.has(actorId)) throw accountInactive();
      if (!active.has(otherId)) throw userNotFound(otherId);
    },
    stop: identity.stop,
  };
}

/** What social asks content. */
export type Posts = {
  /** A post that the viewer may see. Throws NOT_FOUND for any other, SERVICE_UNAVAILABLE when content is away. */
  requireVisible(id: string, viewerId: string, origin: CallOrigin): Promise<LikedPost>;
  stop(): void;
};

export function createPosts(address: string): Posts {
  const content = createRpcClient(ContentService, { address });
  return {
    async requireVisible(id, viewerId, origin) {
      if (!isUuid(id)) throw postNotFound(id);
      const [{ visiblePostIds }, { posts }] = await Promise.all([
        content.calls.checkPostVisible({ viewerId, postIds: [id] }, callOptions(origin)),
        content.calls.getPosts({ ids: [id] }, callOptions(origin)),
      ]);
      const post = posts.find((each) => each.id === id);
      if (!post || !visiblePostIds.includes(id)) throw postNotFound(id);
      return { id, authorId: post.authorId };
    },
    stop: content.stop,
  };
}

function accountInactive(): AppError {
  return new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
}
