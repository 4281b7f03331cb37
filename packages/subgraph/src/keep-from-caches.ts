import { maybeCacheControlFromInfo } from '@apollo/cache-control-types';
import type { GraphQLResolveInfo } from 'graphql';

/** For fields that are for everybody most of the time: this answer is for its viewer, whatever the SDL says, and nobody keeps it. */
export function keepFromCaches(info: GraphQLResolveInfo): void {
  maybeCacheControlFromInfo(info)?.cacheHint.restrict({ scope: 'PRIVATE', maxAge: 0 });
}
