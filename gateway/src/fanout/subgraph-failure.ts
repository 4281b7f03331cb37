import { AppError, isAppError } from '@nova/errors';
import type { Deadline } from '@nova/resilience';
import { UnusableAnswer } from './subgraph-answer.ts';

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

/** Whether a failed call speaks against the subgraph: no answer came that could be used. */
export function isFailureOfSubgraph(error: unknown): boolean {
  if (!isAppError(error)) return false;
  // Who answers too much is there.
  if (codeOf(error.cause) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return false;
  return error.code === 'SUBGRAPH_UNAVAILABLE' || error.code === 'SUBGRAPH_TIMEOUT';
}

const brokenConnection = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT']);
const proxyWithoutServer = new Set([502, 503, 504]);

/** Whether another instance, or the same a moment later, may well answer. A second wait as long as the first one is not worth it. */
export function isWorthARetry(error: unknown): boolean {
  if (!isAppError(error) || error.code !== 'SUBGRAPH_UNAVAILABLE') return false;
  const { cause } = error;
  return cause instanceof UnusableAnswer ? proxyWithoutServer.has(cause.status) : brokenConnection.has(codeOf(cause));
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}
