import { pageRequest } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  homeFeed: (_parent, args, context) => context.loaders.feed(requireUser(context).userId, pageRequest('feed', args)),
  viewerLikedPosts: (_parent, args, context) =>
    context.loaders.likedPosts(requireUser(context).userId, pageRequest('liked-post', args)),
  viewerBlockedUsers: (_parent, args, context) =>
    context.loaders.blockedUsers(requireUser(context).userId, pageRequest('block', args)),
};
