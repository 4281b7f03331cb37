import { pageRequest } from '@nova/postgres';
import type { UserResolvers } from '../../generated/graphql.ts';

/** A user as social knows them: by id only. */
export type UserReference = { readonly id: string };

export const user: UserResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  followers: ({ id }, args, { loaders }) => loaders.followers.load(id, pageRequest('follow', args)),
  following: ({ id }, args, { loaders }) => loaders.following.load(id, pageRequest('follow', args)),
  viewerFollows: async ({ id }, _args, { loaders }) => (await loaders.viewerRelation.load(id))?.follows ?? null,
  followsViewer: async ({ id }, _args, { loaders }) => (await loaders.viewerRelation.load(id))?.isFollowedBy ?? null,
  viewerBlocks: async ({ id }, _args, { loaders }) => (await loaders.viewerRelation.load(id))?.blocks ?? null,
};
