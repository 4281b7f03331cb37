import { pageRequest } from '@nova/postgres';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  post: (_parent, { id }, { loaders }) => loaders.post.load(id),
  posts: (_parent, args, { loaders }) => loaders.allPosts(pageRequest('post', args)),
};
