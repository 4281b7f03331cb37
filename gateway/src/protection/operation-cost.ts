import { AppError } from '@nova/errors';
import { type CostModel, maxCost } from '@nova/federation';
import { type DefinitionNode, type DocumentNode, type GraphQLField, Kind } from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import type { OperationInput } from './operation-rules.ts';

export type CostInput = OperationInput & { readonly document: DocumentNode };

/** What an operation may cost with these variables. Throws BAD_USER_INPUT when a value does not fit its place. */
export function operationCost(input: CostInput & { readonly model: CostModel }): number {
  const { schema, operation, variables, document, model } = input;
  const isOther = (definition: DefinitionNode) =>
    definition.kind === Kind.OPERATION_DEFINITION && definition !== operation;
  const estimator: ComplexityEstimator = ({ type, field, args, childComplexity }) =>
    model.fieldCost({
      typeName: type.name,
      field: field as GraphQLField<unknown, unknown>,
      args,
      childCost: childComplexity,
    });
  try {
    const cost = getComplexity({
      schema,
      query: { ...document, definitions: document.definitions.filter((definition) => !isOther(definition)) },
      variables: { ...variables },
      estimators: [estimator],
    });
    return Math.min(cost, maxCost);
  } catch (error) {
    throw new AppError('BAD_USER_INPUT', error instanceof Error ? error.message : 'An argument has no usable value.', {
      cause: error,
    });
  }
}
