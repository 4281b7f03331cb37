import { pageRequest } from '@nova/postgres';
import { keepOnlyFor, requireUser } from '@nova/subgraph';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  // biome-ignore lint/complexity/useMaxParams: a resolver's own order.
  post(_parent, { id }, context, info) {
    keepOnlyFor(context, info);
    return context.loaders.post.load(id);
  },
  // biome-ignore lint/complexity/useMaxParams: a resolver's own order.
  posts(_parent, { hashtag, ...args }, context, info) {
    keepOnlyFor(context, info);
    return context.loaders.allPosts(pageRequest('post', args), hashtag ?? undefined);
  },
  viewerComments: (_parent, args, context) =>
    context.loaders.commentsOf(requireUser(context).userId, pageRequest('viewer-comment', args)),
};
