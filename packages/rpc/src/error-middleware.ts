import { AppError, isAppError } from '@nova/errors';
import { type Logger, metadataNames } from '@nova/runtime';
import { ServerError, type ServerMiddleware } from 'nice-grpc-common';
import { toServerError } from './status.ts';

/** Names the failure of a resource behind a service (its database, say), or undefined when it is not one. */
export type NameFailure = (error: unknown) => AppError | undefined;

/** The only place where a thrown error becomes a gRPC status. What was not thrown on purpose is logged and masked. */
export function errorMiddleware(log: Logger, nameFailure: NameFailure): ServerMiddleware {
  return async function* mapErrors(call, context) {
    try {
      return yield* call.next(call.request, context);
    } catch (error) {
      const known = isAppError(error) ? error : nameFailure(error);
      if (known) throw toServerError(known, context.trailer);
      if (error instanceof ServerError || isCancelled(error)) throw error;
      const correlationId = context.metadata.get(metadataNames.correlationId);
      log.error({ err: error, method: call.method.path, correlationId }, 'a gRPC call failed');
      throw toServerError(new AppError('INTERNAL_ERROR', 'The service failed.'), context.trailer);
    }
  };
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
