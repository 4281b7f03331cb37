import { AppError } from '@nova/errors';
import type { Identity, UserIdentity } from '@nova/runtime';

/** The signed-in user a request acts for; throws UNAUTHENTICATED without one. */
export function requireUser(context: { readonly identity: Identity }): UserIdentity {
  if (context.identity.kind === 'user') return context.identity;
  throw new AppError('UNAUTHENTICATED', 'Sign in to do this.');
}
