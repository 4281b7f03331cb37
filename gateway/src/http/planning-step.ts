import type { GatewayConfig } from '@apollo/gateway';
import type { Planned } from '@nova/federation';
import type { GraphQLSchema } from 'graphql';
import type { OperationStep } from './operation-steps.ts';
import { currentScope } from './request-scope.ts';

type PlanCache = NonNullable<NonNullable<GatewayConfig['queryPlannerConfig']>['cache']>;

/** Where plans come from. */
export type PlanSource = {
  serve(schema: GraphQLSchema): void;
  planFor(
    schema: GraphQLSchema,
    operation: {
      readonly query: string;
      readonly queryHash: string;
      readonly operationName?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<Planned>;
};

/** Has every operation planned before it is executed. */
export function planningStep(plans: PlanSource): OperationStep {
  return {
    onSchema: ({ apiSchema }) => plans.serve(apiSchema),
    async run({ schema, source, operation: definition, queryHash, request, contextValue }) {
      const { request: scope } = contextValue;
      const kind = definition?.operation;
      if (kind === undefined || kind === 'subscription') throw new Error('Only queries and mutations are planned.');
      const operation = { query: source, queryHash, operationName: request.operationName };
      const { plan, summary } = await plans.planFor(schema, operation, scope.deadline.signal);
      scope.operation.kind = kind;
      scope.operation.hash = queryHash;
      scope.operation.plan = plan;
      scope.operation.summary = summary;
      scope.stats.waves = summary.waves;
    },
  };
}

/** @apollo/gateway plans what its cache does not have, on the thread that serves: this one has the plan of the request. */
export const planOfRequest: PlanCache = {
  async get() {
    const plan = currentScope.getStore()?.operation.plan;
    if (!plan) throw new Error('The operation was not planned.');
    return plan;
  },
  async set() {},
  async delete() {},
  clear() {},
};
