import { AppError, isAppError } from '@nova/errors';
import {
  type BreakerState,
  backoffMs,
  createBreaker,
  createBulkhead,
  createRetryBudget,
  waitFor,
} from '@nova/resilience';
import { isFailureOfSubgraph, isWorthARetry } from './subgraph-failure.ts';
import type { SubgraphPolicy } from './subgraph-table.ts';
import type { SubgraphTransport } from './subgraph-transport.ts';

/** What is told of the calls to a subgraph besides those that were sent. */
export type GuardEvents = {
  breakerChanged(subgraph: string, state: BreakerState): void;
  /** A call that the breaker takes for a failure. */
  failed(subgraph: string): void;
  /** A call that was not sent. */
  refused(subgraph: string, by: 'breaker' | 'bulkhead'): void;
  /** A call that got no answer and was sent again, or was not because too many had been. */
  retried(subgraph: string, verdict: 'sent' | 'over-budget'): void;
};

/** Calls to one subgraph, as they stand now. */
export type SubgraphHealth = {
  readonly subgraph: string;
  readonly breaker: BreakerState;
  readonly running: number;
  readonly queued: number;
};

export type GuardedSubgraph = { readonly call: SubgraphTransport; health(): SubgraphHealth };

/** At most a tenth more than without retries. */
const retryShare = { percent: 10, burst: 10 };
const retryPause = { firstMs: 30, maxMs: 30 };

/**
 * Keeps a subgraph that fails from taking others along. From outside to inside: one retry, so that the breaker sees each try;
 * the breaker, so that nobody queues for what will not be asked; the bulkhead, whose queue asks the breaker again.
 */
export function guardSubgraph(
  transport: SubgraphTransport,
  options: { subgraph: string; policy: SubgraphPolicy; events: GuardEvents },
): GuardedSubgraph {
  const { subgraph, policy, events } = options;
  const details = { service: subgraph };
  const breaker = createBreaker({
    ...policy.breaker,
    isFailure: isFailureOfSubgraph,
    refusal() {
      events.refused(subgraph, 'breaker');
      return new AppError('SUBGRAPH_UNAVAILABLE', `The ${subgraph} service did not answer lately.`, {
        details: { ...details, reason: 'breaker-open' },
      });
    },
    onStateChange: (state) => events.breakerChanged(subgraph, state),
  });
  const bulkhead = createBulkhead({ ...policy, name: `the ${subgraph} service`, details });
  const budget = createRetryBudget(retryShare);

  const send: SubgraphTransport = async (request, scope) => {
    try {
      return await transport(request, scope);
    } catch (error) {
      if (isFailureOfSubgraph(error)) events.failed(subgraph);
      throw error;
    }
  };

  const attempt: SubgraphTransport = (request, scope) =>
    breaker.run(async (recheck) => {
      try {
        return await bulkhead.run(async () => {
          recheck();
          return send(request, scope);
        }, scope.deadline.signal);
      } catch (error) {
        if (isAppError(error) && error.code === 'OVERLOADED') events.refused(subgraph, 'bulkhead');
        throw error;
      }
    });

  /** Half-open the next call is the trial, not a retry of the last one. */
  const mayRetry = () => {
    if (breaker.state !== 'closed') return false;
    const isInBudget = budget.take();
    events.retried(subgraph, isInBudget ? 'sent' : 'over-budget');
    return isInBudget;
  };

  return {
    async call(request, scope) {
      // What the breaker refuses is no traffic.
      if (breaker.state === 'closed') budget.noteCall();
      try {
        return await attempt(request, scope);
      } catch (error) {
        if (!policy.retries || request.kind !== 'query' || !isWorthARetry(error) || !mayRetry()) throw error;
        if (!(await waitFor(backoffMs(retryPause, 0), scope.deadline.signal))) throw error;
        return attempt(request, scope);
      }
    },
    health: () => ({ subgraph, breaker: breaker.state, running: bulkhead.running, queued: bulkhead.queued }),
  };
}
