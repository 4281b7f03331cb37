import { AppError } from '@nova/errors';
import type { ServerMiddleware } from 'nice-grpc-common';
import { isOpenService } from './identity-middleware.ts';

/** Seconds, in the trailer of a call that was shed. */
const retryAfterKey = 'retry-after';
const retryAfterSeconds = 1;

/**
 * Refuses calls beyond `maxCalls` at once with OVERLOADED (RESOURCE_EXHAUSTED on the wire), before anything is done for them. Health and
 * reflection are always answered.
 */
export function loadSheddingMiddleware(maxCalls: number): ServerMiddleware {
  let running = 0;
  return async function* shedLoad(call, context) {
    if (isOpenService(call.method.path)) return yield* call.next(call.request, context);
    if (running >= maxCalls) {
      context.trailer.set(retryAfterKey, String(retryAfterSeconds));
      throw new AppError('OVERLOADED', 'The service has more calls to answer than it can.', {
        details: { retryAfterSeconds },
      });
    }
    running += 1;
    try {
      return yield* call.next(call.request, context);
    } finally {
      running -= 1;
    }
  };
}
