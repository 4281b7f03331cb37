import { AppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import { Kind, MediaService, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';

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
