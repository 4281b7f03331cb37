import { AppError } from '@nova/errors';
import { correlationIdFrom, type Identity, type IdentityVerifier, metadataNames, traceparentFrom } from '@nova/runtime';
import type { ServerMiddleware } from 'nice-grpc-common';

export type CallIdentity = {
  readonly identity: Identity;
  /** The signed form of `identity`, to send on. */
  readonly identityToken: string;
  readonly correlationId: string;
  readonly traceparent: string;
};

const openServices = ['/grpc.health.v1.Health/', '/grpc.reflection.'];

/** Refuses calls without a valid signed identity, except to health and reflection. */
export function identityMiddleware(verify: IdentityVerifier): ServerMiddleware<CallIdentity> {
  return async function* establishIdentity(call, context) {
    const correlationId = correlationIdFrom(context.metadata.get(metadataNames.correlationId));
    const traceparent = traceparentFrom(context.metadata.get(metadataNames.traceparent));
    const identityToken = context.metadata.get(metadataNames.identity) ?? '';
    const open = openServices.some((prefix) => call.method.path.startsWith(prefix));
    const identity = open ? ({ kind: 'anonymous' } as const) : await verified(verify, identityToken);
    return yield* call.next(call.request, { ...context, identity, identityToken, correlationId, traceparent });
  };
}

async function verified(verify: IdentityVerifier, token: string): Promise<Identity> {
  try {
    return await verify(token);
  } catch (cause) {
    throw new AppError('UNAUTHENTICATED', 'The call carries no valid identity.', { cause });
  }
}
