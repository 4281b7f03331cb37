import { pageRequest } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  mediaAsset: (_parent, { id }, { loaders }) => loaders.asset.load(id),
  myMedia(_parent, args, context) {
    return context.loaders.assetsOf(requireUser(context).userId, pageRequest('asset', args));
  },
};
