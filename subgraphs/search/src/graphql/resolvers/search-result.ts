import type { SearchResultResolvers } from '../../generated/graphql.ts';

export const searchResult: SearchResultResolvers = {
  __resolveType: ({ kind }) => (kind === 'USER' ? 'User' : 'Post'),
};
