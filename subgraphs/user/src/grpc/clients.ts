import { timestampDate } from '@bufbuild/protobuf/wkt';
import { AppError, isAppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import { IdentityService, type User } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { Kind, MediaService, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
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

/** What user asks social. */
export type Relations = {
  /** Those of the others (at most 1 000) whom the user follows, in one call. */
  followedBy(userId: string, otherIds: readonly string[], origin: CallOrigin): Promise<Set<string>>;
  stop(): void;
};

export function createRelations(address: string): Relations {
  const social = createRpcClient(SocialService, { address });
  return {
    async followedBy(userId, otherIds, origin) {
      const { relations } = await social.calls.getRelations({ userId, otherIds: [...otherIds] }, callOptions(origin));
      return new Set(relations.filter(({ follows }) => follows).map(({ otherId }) => otherId));
    },
    stop: social.stop,
  };
}

/** What user asks media. */
export type Assets = {
  /** Throws BAD_USER_INPUT unless the asset is an image of the owner that can be shown. */
  requireImage(asset: { readonly id: string; readonly ownerId: string }, origin: CallOrigin): Promise<void>;
  stop(): void;
};

export function createAssets(address: string): Assets {
  const media = createRpcClient(MediaService, { address });
  return {
    async requireImage({ id, ownerId }, origin) {
      const { assets } = isUuid(id) ? await media.calls.getAssets({ ids: [id] }, callOptions(origin)) : { assets: [] };
      const asset = assets.find((each) => each.id === id);
      if (asset?.ownerId === ownerId && asset.kind === Kind.IMAGE && asset.state === State.READY) return;
      // What others own is not told apart from what does not exist.
      throw new AppError('BAD_USER_INPUT', 'avatarId must be an image of yours that is ready.', {
        details: { field: 'avatarId' },
      });
    },
    stop: media.stop,
  };
}
