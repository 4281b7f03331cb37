import { AppError } from '@nova/errors';
import {
  type CallerIdentity,
  type CallerVerifier,
  correlationIdFrom,
  metadataNames,
  traceparentFrom,
} from '@nova/runtime';
import type { ServerMiddleware } from 'nice-grpc-common';

export type CallIdentity = {
  readonly identity: CallerIdentity;
  /** The signed form of `identity`, to send on. */
  readonly identityToken: string;
  readonly correlationId: string;
  readonly traceparent: string;
};

const openServices = ['/grpc.health.v1.Health/', '/grpc.reflection.'];

/** Health and reflection, by the path of a method: they are for whoever runs the service. */
export function isOpenService(path: string): boolean {
  return openServices.some((prefix) => path.startsWith(prefix));
}

/** Refuses calls without a valid signed identity, except to health and reflection. */
export function identityMiddleware(verify: CallerVerifier): ServerMiddleware<CallIdentity> {
  return async function* establishIdentity(call, context) {
    const correlationId = correlationIdFrom(context.metadata.get(metadataNames.correlationId));
    const traceparent = traceparentFrom(context.metadata.get(metadataNames.traceparent));
    const identityToken = context.metadata.get(metadataNames.identity) ?? '';
    const identity = isOpenService(call.method.path)
      ? ({ kind: 'anonymous' } as const)
      : await verified(verify, identityToken);
    return yield* call.next(call.request, { ...context, identity, identityToken, correlationId, traceparent });
  };
}

async function verified(verify: CallerVerifier, token: string): Promise<CallerIdentity> {
  try {
    return await verify(token);
  } catch (cause) {
    throw new AppError('UNAUTHENTICATED', 'The call carries no valid identity.', { cause });
  }
}
