import { AppError, type ErrorCode, isErrorCode } from '@nova/errors';
import { type Deadline, startDeadline } from '@nova/resilience';
import { headerNames } from '@nova/runtime';
import { exchange } from './exchange.ts';
import type { FanoutScope } from './fanout-context.ts';
import { readSubgraphAnswer, type SubgraphAnswer } from './subgraph-answer.ts';
import { bodyOf, type SubgraphRequest } from './subgraph-call.ts';
import { subgraphFailure } from './subgraph-failure.ts';
import { subgraphHeaders } from './subgraph-headers.ts';
import type { SubgraphAddress, SubgraphPools } from './subgraph-pools.ts';

/** One call to a subgraph, as telemetry sees it. */
export type SubgraphCall = {
  readonly subgraph: string;
  readonly durationMs: number;
  /** Codes of the errors it brought; one when it failed as a whole. */
  readonly codes: readonly ErrorCode[];
  /** Whether the client went away before the answer came; says nothing about the subgraph. */
  readonly abandoned: boolean;
};

/** Sends requests to one subgraph. Rejects with AppError when no answer comes. */
export type SubgraphTransport = (request: SubgraphRequest, scope: FanoutScope) => Promise<SubgraphAnswer>;

export function createSubgraphTransport(
  address: SubgraphAddress,
  options: {
    pools: SubgraphPools;
    timeoutMs: number;
    maxRpcCalls: number | undefined;
    observe(call: SubgraphCall): void;
  },
): SubgraphTransport {
  const path = new URL(address.url).pathname + new URL(address.url).search;

  const send = async (request: SubgraphRequest, scope: FanoutScope, call: Deadline): Promise<SubgraphAnswer> => {
    const { statusCode, headers, text } = await exchange(
      options.pools.get(address),
      {
        method: 'POST',
        path,
        headers: await subgraphHeaders(scope, options),
        body: bodyOf(request),
      },
      call.signal,
    );
    scope.stats.rpcCalls += countOf(headers[headerNames.rpcCalls]);
    if (statusCode === 401 || statusCode === 403)
      throw new AppError('INTERNAL_ERROR', 'Nova failed; the request id finds the cause in the logs.', {
        cause: new Error(
          `${address.name} refused the forwarded identity with status ${statusCode}: ${text.slice(0, 500)}`,
        ),
      });
    return readSubgraphAnswer(text, { status: statusCode, cacheControl: headers['cache-control']?.toString() });
  };

  return async (request, scope) => {
    const call = startDeadline(options.timeoutMs, scope.deadline.signal);
    const startedAt = performance.now();
    const observe = (codes: readonly ErrorCode[], abandoned = false) =>
      options.observe({ subgraph: address.name, durationMs: performance.now() - startedAt, codes, abandoned });
    scope.stats.fetches += 1;
    try {
      const answer = await send(request, scope, call);
      observe((answer.errors ?? []).map(codeOf));
      return answer;
    } catch (error) {
      const failure = subgraphFailure({ error, subgraph: address.name, deadline: scope.deadline, call });
      observe([failure.code], scope.deadline.signal.aborted && failure.code !== 'DEADLINE_EXCEEDED');
      throw failure;
    } finally {
      call.clear();
    }
  };
}

/** What a subgraph says it called by gRPC; nothing when it says nothing of that form. */
function countOf(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) : 0;
}

function codeOf({ extensions }: { readonly extensions?: Record<string, unknown> }): ErrorCode {
  return isErrorCode(extensions?.code) ? extensions.code : 'INTERNAL_ERROR';
}
