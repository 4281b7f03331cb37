import { headerNames } from '@nova/runtime';
import type { FanoutScope } from './fanout-context.ts';

/** All that a subgraph is told. Nothing of what the client sent is passed on. */
export async function subgraphHeaders(
  scope: FanoutScope,
  { timeoutMs, maxRpcCalls }: { readonly timeoutMs: number; readonly maxRpcCalls: number | undefined },
): Promise<Record<string, string>> {
  const forwarded = scope.idempotency.claim?.forwarded;
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    [headerNames.identity]: await scope.viewer.forwardedIdentity(),
    [headerNames.correlationId]: scope.correlationId,
    [headerNames.traceparent]: scope.traceparent,
    [headerNames.deadlineMs]: String(Math.min(scope.deadline.remainingMs(), timeoutMs)),
    ...(maxRpcCalls !== undefined && {
      [headerNames.rpcAllowance]: String(Math.max(0, maxRpcCalls - scope.stats.rpcCalls)),
    }),
    ...(forwarded !== undefined && { [headerNames.idempotencyKey]: forwarded }),
  };
}
