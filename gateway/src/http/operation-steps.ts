import {
  type ApolloServerPlugin,
  type GraphQLRequestContextDidResolveOperation,
  type GraphQLSchemaContext,
  HeaderMap,
} from '@apollo/server';
import type { GatewayContext } from './request-scope.ts';

/** An operation that was parsed and validated, with its request. */
export type ResolvedOperation = GraphQLRequestContextDidResolveOperation<GatewayContext>;

/** Something that happens to every operation before it is executed. */
export type OperationStep = {
  /** A schema is served from now on. */
  onSchema?(schema: GraphQLSchemaContext): void;
  /** Throws `AppError` to refuse the operation. */
  run(operation: ResolvedOperation): void | Promise<void>;
};

/** One step after the other: Apollo runs plugins at the same time, and what a step refuses must cost the next one nothing. */
export function operationPlugin(steps: readonly OperationStep[]): ApolloServerPlugin<GatewayContext> {
  return {
    async serverWillStart() {
      return {
        schemaDidLoadOrUpdate(schema) {
          for (const step of steps) step.onSchema?.(schema);
        },
      };
    },
    async requestDidStart() {
      return {
        async didResolveOperation(operation) {
          for (const step of steps) {
            await step.run(operation);
            if (isAnswered(operation.contextValue)) return;
          }
        },
        async responseForOperation({ contextValue }) {
          if (!isAnswered(contextValue)) return null;
          // An earlier answer is sent as the text that it was: this only stands in for it.
          return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult: { data: null } } };
        },
      };
    },
  };
}

/** By what was done earlier, or because nothing is to be done. */
function isAnswered({ request }: GatewayContext): boolean {
  const { planWish, shownPlan } = request.operation;
  return request.idempotency.claim?.earlier !== undefined || (planWish === 'dry-run' && shownPlan !== undefined);
}
