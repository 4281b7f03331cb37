import { AppError } from '@nova/errors';
import type { ServerMiddleware } from 'nice-grpc-common';
import type { CallIdentity } from './identity-middleware.ts';

/** Refuses calls of methods (by path, `/package.Service/Method`) whose caller lacks the permission that the method needs. */
export function permissionMiddleware(permissions: ReadonlyMap<string, string>): ServerMiddleware<object, CallIdentity> {
  return async function* requirePermission(call, context) {
    const { path: method } = call.method;
    const permission = permissions.get(method);
    if (permission !== undefined) {
      const { identity } = context;
      if (identity.kind === 'anonymous')
        throw new AppError('UNAUTHENTICATED', `${method} needs a signed-in user.`, { details: { method } });
      if (!identity.permissions.includes(permission))
        throw new AppError('FORBIDDEN', `${method} needs the permission ${permission}.`, {
          details: { method, scopes: [permission] },
        });
    }
    return yield* call.next(call.request, context);
  };
}
