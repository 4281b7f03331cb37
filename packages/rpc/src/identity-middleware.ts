import { AppError } from '@nova/errors';
import { correlationIdFrom, type Identity, type IdentityVerifier, metadataNames, traceparentFrom } from '@nova/runtime';
import type { ServerMiddleware } from 'nice-grpc-common';

export type CallIdentity = {
  readonly identity: Identity;
  readonly correlationId: string;
  readonly traceparent: string;
};

const openServices = ['/grpc.health.v1.Health/', '/grpc.reflection.'];

/** Refuses calls without a valid signed identity, except to health and reflection. */
export function identityMiddleware(verify: IdentityVerifier): ServerMiddleware<CallIdentity> {
  return async function* establishIdentity(call, context) {
    const correlationId = correlationIdFrom(context.metadata.get(metadataNames.correlationId));
    const traceparent = traceparentFrom(context.metadata.get(metadataNames.traceparent));
    const open = openServices.some((prefix) => call.method.path.startsWith(prefix));
    const identity = open
      ? ({ kind: 'anonymous' } as const)
      : await verified(verify, context.metadata.get(metadataNames.identity));
    return yield* call.next(call.request, { ...context, identity, correlationId, traceparent });
  };
}

async function verified(verify: IdentityVerifier, token: string | undefined): Promise<Identity> {
  try {
    return await verify(token ?? '');
  } catch (cause) {
    throw new AppError('UNAUTHENTICATED', 'The call carries no valid identity.', { cause });
  }
}
