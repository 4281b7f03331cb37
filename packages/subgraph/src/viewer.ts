import { maybeCacheControlFromInfo } from '@apollo/cache-control-types';
import { AppError } from '@nova/errors';
import type { Identity, UserIdentity } from '@nova/runtime';
import type { GraphQLResolveInfo } from 'graphql';

/** The signed-in user a request acts for; throws UNAUTHENTICATED without one. */
export function requireUser(context: { readonly identity: Identity }): UserIdentity {
  if (context.identity.kind === 'user') return context.identity;
  throw new AppError('UNAUTHENTICATED', 'Sign in to do this.');
}

/**
 * For fields whose value depends on who asks, and is the same for everybody who is not signed in: what a signed-in user gets is kept
 * by nobody else.
 */
export function keepForViewer({ identity }: { readonly identity: Identity }, info: GraphQLResolveInfo): void {
  if (identity.kind === 'user') maybeCacheControlFromInfo(info)?.cacheHint.restrict({ scope: 'PRIVATE' });
}
