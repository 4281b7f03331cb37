import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  user: (_parent, { id }, { loaders }) => loaders.profile.load(id),
  userByUsername: (_parent, { username }, { loaders }) => loaders.profileByUsername(username),
};
