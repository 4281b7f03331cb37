import { pageRequest } from '@nova/postgres';
import type { PostResolvers } from '../../generated/graphql.ts';

/** A post as social knows it: by id only. Whether it may be seen, content says. */
export type PostReference = { readonly id: string };

export const post: PostResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  likeCount: async ({ id }, _args, { loaders }) => (await loaders.likeCount.load(id)) ?? 0,
  viewerLikes: ({ id }, _args, { loaders }) => loaders.viewerLikes.load(id),
  likers: ({ id }, args, { loaders }) => loaders.likers.load(id, pageRequest('like', args)),
};
