import type { UserResolvers } from '../../generated/graphql.ts';

export const user: UserResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.profile.load(id),
};
