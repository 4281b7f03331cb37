import { headerNames } from '@nova/runtime';
import type { FanoutScope } from './fanout-context.ts';

/** All that a subgraph is told. Nothing of what the client sent is passed on. */
export async function subgraphHeaders(scope: FanoutScope, timeoutMs: number): Promise<Record<string, string>> {
  const forwarded = scope.idempotency.claim?.forwarded;
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    [headerNames.identity]: await scope.viewer.forwardedIdentity(),
    [headerNames.correlationId]: scope.correlationId,
    [headerNames.traceparent]: scope.traceparent,
    [headerNames.deadlineMs]: String(Math.min(scope.deadline.remainingMs(), timeoutMs)),
    ...(forwarded !== undefined && { [headerNames.idempotencyKey]: forwarded }),
  };
}
