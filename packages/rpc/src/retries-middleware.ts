import { createRetryBudget } from '@nova/resilience';
import type { RetryOptions } from 'nice-grpc-client-middleware-retry';
import { type ClientError, type ClientMiddleware, Status } from 'nice-grpc-common';

/**
 * Tells the middleware that retries how: two more tries, of methods that their proto calls IDEMPOTENT or NO_SIDE_EFFECTS, when the server was
 * not reached or said that it cannot just now; not when it said that it has too much to do. Retries stay a small part of all calls.
 */
export function retriesMiddleware(): ClientMiddleware<object, RetryOptions> {
  const budget = createRetryBudget({ percent: 10, burst: 20 });
  const retries: RetryOptions = {
    retryableStatuses: [Status.UNAVAILABLE],
    retryMaxAttempts: 2,
    retryBaseDelayMs: 50,
    retryMaxDelayMs: 1_000,
    onRetryableError(error: ClientError) {
      if (!budget.take()) throw error;
    },
  };
  return (call, options) => {
    budget.noteCall();
    return call.next(call.request, { ...options, ...retries });
  };
}
