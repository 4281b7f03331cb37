import type { UserResolvers } from '../../generated/graphql.ts';

export const user: UserResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.profile.load(id),
  postCount: async ({ id }, _args, { loaders }) => (await loaders.postCount.load(id)) ?? 0,
};
