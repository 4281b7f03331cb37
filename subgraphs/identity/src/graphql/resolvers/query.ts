import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  viewer: (_parent, _args, { identity, loaders }) =>
    identity.kind === 'user' ? loaders.account.load(identity.userId) : null,
  signInProviders: (_parent, _args, { providers }) => [...providers.keys()],
  accountAccess: (_parent, { userId }, { grants }) => grants.access(userId),
};
