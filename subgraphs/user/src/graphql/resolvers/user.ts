import type { UserResolvers } from '../../generated/graphql.ts';
import { detail } from '../profile-details.ts';

export const user: UserResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.profile.load(id),
  bio: detail('bio'),
  location: detail('location'),
  avatar: ({ avatarId }) => (avatarId === null ? null : { id: avatarId }),
  postCount: async ({ id }, _args, { loaders }) => (await loaders.postCount.load(id)) ?? 0,
  followerCount: async ({ id }, _args, { loaders }) => (await loaders.followCounts.load(id))?.followers ?? 0,
  followingCount: async ({ id }, _args, { loaders }) => (await loaders.followCounts.load(id))?.following ?? 0,
};
