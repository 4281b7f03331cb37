import { AppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import { MediaService, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import type { Standing } from '../audiences/audience.ts';

/** What content asks social. */
export type Relations = {
  /** One call for at most 1 000 others. */
  standings(viewerId: string, otherIds: readonly string[], origin: CallOrigin): Promise<ReadonlyMap<string, Standing>>;
  stop(): void;
};

/** Shorter than what a request has, so that it can still be answered without social. In milliseconds. */
const relationsMs = 2_000;

export function createRelations(address: string): Relations {
  const social = createRpcClient(SocialService, { address });
  return {
    async standings(viewerId, otherIds, origin) {
      const { signal } = origin.deadline;
      const deadline = { signal, remainingMs: () => Math.min(origin.deadline.remainingMs(), relationsMs) };
      const { relations } = await social.calls.getRelations(
        { userId: viewerId, otherIds: [...otherIds] },
        callOptions({ ...origin, deadline }),
      );
      return new Map(
        relations.map(({ otherId, follows, blocks, isBlockedBy }) => [
          otherId,
          { follows, isBlocked: blocks || isBlockedBy },
        ]),
      );
    },
    stop: social.stop,
  };
}

/** What content asks media. */
export type Media = {
  /** Throws BAD_USER_INPUT unless each asset exists, is the owner's and is ready or about to be. No ids cost no call. */
  requireOwn(ids: readonly string[], ownerId: string, origin: CallOrigin): Promise<void>;
  stop(): void;
};

const usable: ReadonlySet<State> = new Set([State.READY, State.PROCESSING]);

export function createMedia(address: string): Media {
  const media = createRpcClient(MediaService, { address });
  return {
    async requireOwn(ids, ownerId, origin) {
      if (ids.length === 0) return;
      const known = ids.filter(isUuid);
      const { assets } =
        known.length > 0 ? await media.calls.getAssets({ ids: known }, callOptions(origin)) : { assets: [] };
      const own = assets.filter((asset) => asset.ownerId === ownerId && usable.has(asset.state));
      const usableIds = new Set(own.map(({ id }) => id));
      const refused = ids.filter((id) => !usableIds.has(id));
      if (refused.length > 0)
        throw new AppError('BAD_USER_INPUT', 'mediaIds must be media of yours that are uploaded.', {
          details: { field: 'mediaIds', ids: refused },
        });
    },
    stop: media.stop,
  };
}
