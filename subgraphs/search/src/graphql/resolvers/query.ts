import { pageRequest } from '@nova/postgres';
import type { QueryResolvers } from '../../generated/graphql.ts';
import { prefixText, queryText, type SearchType } from '../../searches/search.ts';

const everyType: readonly SearchType[] = ['USER', 'POST'];
const defaultSuggestions = 10;

export const query: QueryResolvers = {
  search(_parent, { query, types, first, after }, context) {
    const wanted = everyType.filter((type) => !types?.length || types.includes(type));
    const { first: size } = pageRequest('search', { first });
    return context.searches.find(
      { query: queryText(query), types: wanted, first: size, after: after ?? null },
      context,
    );
  },
  searchSuggestions(_parent, { prefix, first }, context) {
    const { first: size } = pageRequest('search', { first: first ?? defaultSuggestions });
    return context.searches.suggest({ prefix: prefixText(prefix), first: size }, context);
  },
};
