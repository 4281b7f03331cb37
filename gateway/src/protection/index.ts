import { AppError } from '@nova/errors';
import { readCostModel } from '@nova/federation';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql';
import { createDocumentRule, type DocumentLimits } from './document-rules.ts';
import { type CostInput, operationCost } from './operation-cost.ts';
import {
  type OperationInput,
  refuseReservedVariable,
  refuseSubscription,
  requireOperation,
  requireVariables,
} from './operation-rules.ts';
import { createRememberedCost } from './remembered-cost.ts';

export type Protection = {
  /** For the parser, which counts while it reads: nesting cannot exhaust the stack. */
  readonly maxTokens: number;
  /** What a document's text decides; runs once a document. */
  readonly validationRules: ValidationRule[];
  onSchema(schema: { readonly apiSchema: GraphQLSchema; readonly coreSupergraphSdl?: string }): void;
  /** Throws what the variables decide; runs with every request, before planning. */
  check(request: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operation?: OperationDefinitionNode | undefined;
    readonly operationName?: string | undefined;
    readonly variables?: Readonly<Record<string, unknown>> | undefined;
  }): void;
};

/** Everything that can refuse an operation, in order: tokens, document, operation, variables, cost. */
export function createProtection(limits: DocumentLimits & { maxTokens: number; maxComplexity: number }): Protection {
  const costsBySchema = new WeakMap<GraphQLSchema, (input: CostInput) => number>();
  return {
    maxTokens: limits.maxTokens,
    validationRules: [createDocumentRule(limits)],
    onSchema({ apiSchema, coreSupergraphSdl = '' }) {
      const model = readCostModel(coreSupergraphSdl);
      const remembered = createRememberedCost();
      costsBySchema.set(apiSchema, (input) => remembered(input, (it) => operationCost({ ...it, model })));
    },
    check({ schema, document, operation: found, operationName, variables = {} }) {
      const operation = requireOperation(found, operationName);
      const input: OperationInput = { schema, operation, variables };
      refuseSubscription(input);
      refuseReservedVariable(input);
      requireVariables(input);
      const costOf = costsBySchema.get(schema);
      if (!costOf) throw new AppError('INTERNAL_ERROR', 'The schema has no cost model.');
      refuseCost(costOf({ ...input, document }), limits.maxComplexity);
    },
  };
}

function refuseCost(cost: number, limit: number): void {
  if (cost <= limit) return;
  throw new AppError('COMPLEXITY_LIMIT_EXCEEDED', `The operation may cost ${cost}; ${limit} is allowed.`, {
    details: { cost, limit },
  });
}
