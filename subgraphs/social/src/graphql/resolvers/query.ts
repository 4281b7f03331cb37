import { pageRequest } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  homeFeed: (_parent, args, context) => context.loaders.feed(requireUser(context).userId, pageRequest('feed', args)),
};
