import type { SearchSuggestionResolvers } from '../../generated/graphql.ts';

export const searchSuggestion: SearchSuggestionResolvers = {
  user: ({ id }) => ({ kind: 'USER', id }),
};
