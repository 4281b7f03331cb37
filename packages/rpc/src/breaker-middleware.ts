import { AppError } from '@nova/errors';
import { createBreaker } from '@nova/resilience';
import { type CallOptions, ClientError, type ClientMiddleware, Status } from 'nice-grpc-common';

type WithDeadline = { deadline?: Date | number };
/** Of a middleware: answers of a stream, then what it returns. */
type Steps = AsyncGenerator<unknown, unknown>;

const limits = { failures: 5, successes: 1, openMs: 5_000 };

/** A call that had less time than this says nothing of the service when it took too long. */
const fairMs = 1_000;

/** Refuses calls of a service that failed several times in a row with SERVICE_UNAVAILABLE, until a trial call succeeds. */
export function breakerMiddleware(service: string): ClientMiddleware<WithDeadline, WithDeadline> {
  const failures = new WeakSet<object>();
  const breaker = createBreaker({
    ...limits,
    isFailure: (error) => failures.has(error as object),
    refusal: () => new AppError('SERVICE_UNAVAILABLE', `${service} has not answered lately.`),
  });
  return async function* guard(call, options) {
    const steps: Steps = call.next(call.request, options as CallOptions) as Steps;
    // Of a stream, the first answer tells that the service is there.
    const first = await breaker.run(() =>
      steps.next().catch((error: unknown) => {
        if (isItsFault(error, options)) failures.add(error as object);
        throw error;
      }),
    );
    if (first.done) return first.value;
    try {
      yield first.value;
      return yield* steps;
    } finally {
      await steps.return(undefined);
    }
  } as ClientMiddleware<WithDeadline, WithDeadline>;
}

function isItsFault(error: unknown, { deadline, signal }: WithDeadline & CallOptions): error is ClientError {
  if (!(error instanceof ClientError) || signal?.aborted) return false;
  if (error.code === Status.DEADLINE_EXCEEDED) return typeof deadline === 'number' && deadline >= fairMs;
  return error.code === Status.UNAVAILABLE;
}
