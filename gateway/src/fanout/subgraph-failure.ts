import { AppError, isAppError } from '@nova/errors';
import type { Deadline } from '@nova/resilience';

/**
 * What a client is told about a call that brought no answer: the subgraph's name, never its address or its words.
 * `call` is the call's own time limit within the request's `deadline`.
 */
export function subgraphFailure(options: {
  error: unknown;
  subgraph: string;
  deadline: Deadline;
  call: Deadline;
}): AppError {
  const { error, subgraph, deadline, call } = options;
  const details = { service: subgraph };
  if (deadline.signal.aborted) {
    const reason = deadline.signal.reason;
    return isAppError(reason)
      ? reason
      : new AppError('DEADLINE_EXCEEDED', 'The request was given up.', { cause: reason });
  }
  if (call.signal.aborted)
    return new AppError('SUBGRAPH_TIMEOUT', `The ${subgraph} service did not answer in time.`, {
      details,
      cause: error,
    });
  if (isAppError(error)) return error;
  return new AppError('SUBGRAPH_UNAVAILABLE', `The ${subgraph} service did not answer.`, { details, cause: error });
}
