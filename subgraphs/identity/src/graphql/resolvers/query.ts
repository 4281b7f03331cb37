import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  viewer: (_parent, _args, { identity, loaders }) =>
    identity.kind === 'user' ? loaders.account.load(identity.userId) : null,
  accountAccess: (_parent, { userId }, { grants }) => grants.access(userId),
};
