import { query } from './query.ts';
import { searchResult } from './search-result.ts';
import { searchSuggestion } from './search-suggestion.ts';

export const resolvers = { Query: query, SearchResult: searchResult, SearchSuggestion: searchSuggestion };
