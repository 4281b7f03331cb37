import { maybeCacheControlFromInfo } from '@apollo/cache-control-types';
import type { Identity } from '@nova/runtime';
import type { GraphQLResolveInfo } from 'graphql';

/**
 * For fields that the SDL calls public and that are not so for everybody: narrows for whom caches may keep this answer. Those who are
 * not signed in are one viewer, whose answers are as public as the SDL says; what is for nobody is not stored at all.
 */
export function keepOnlyFor(viewer: { readonly identity: Identity } | 'nobody', info: GraphQLResolveInfo): void {
  const hint = maybeCacheControlFromInfo(info)?.cacheHint;
  if (viewer === 'nobody') hint?.restrict({ scope: 'PRIVATE', maxAge: 0 });
  else if (viewer.identity.kind === 'user') hint?.restrict({ scope: 'PRIVATE' });
}
