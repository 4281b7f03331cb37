import type { Protection, Tolerated } from '../protection/index.ts';
import type { Caller } from '../protection/overrides.ts';
import type { OperationStep } from './operation-steps.ts';
import type { RequestScope } from './request-scope.ts';

type Observe = (excess: Tolerated, scope: RequestScope) => void;

/** Checks what the variables decide, and tells what is over a limit that is not enforced. */
export function protectionStep(protection: Protection, observe: Observe): OperationStep {
  return {
    onSchema: protection.onSchema,
    run({ schema, document, operation, request: { operationName, variables }, contextValue: { request } }) {
      const caller = callerOf(request);
      const { cost, tolerated } = protection.check({ schema, document, operation, operationName, variables, caller });
      request.operation.cost = cost;
      for (const excess of tolerated) observe(excess, request);
    },
  };
}

/** Refuses what would fan out too far, before the first call. */
export function planBudgetStep(protection: Protection, observe: Observe): OperationStep {
  return {
    run({ contextValue: { request } }) {
      const { plan, summary } = request.operation;
      if (!plan || !summary) throw new Error('The operation was not planned.');
      for (const excess of protection.checkPlan({ plan, summary }, callerOf(request))) observe(excess, request);
    },
  };
}

function callerOf({ operation, client }: RequestScope): Caller {
  return { operation: operation.id === undefined ? undefined : operation.name, client: client.trustedAs };
}
