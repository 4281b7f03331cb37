import { AppError } from '@nova/errors';
import { type GraphQLSchema, getVariableValues, type OperationDefinitionNode } from 'graphql';

export type OperationInput = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
};

/** The operation that the request means, or UNKNOWN_OPERATION. */
export function requireOperation(
  operation: OperationDefinitionNode | undefined,
  operationName: string | undefined,
): OperationDefinitionNode {
  if (operation) return operation;
  throw new AppError(
    'UNKNOWN_OPERATION',
    operationName
      ? `The document has no operation named "${operationName.slice(0, 100)}".`
      : 'The document has several operations; say by operationName which one to run.',
  );
}

export function refuseSubscription({ operation }: OperationInput): void {
  if (operation.operation === 'subscription')
    throw new AppError('SUBSCRIPTIONS_UNSUPPORTED', 'Subscriptions are not served; ask again with a query.');
}

/** The gateway sends entity keys to subgraphs in a variable of this name, and fails when the client's has it too. */
const reservedVariable = 'representations';

export function refuseReservedVariable({ operation }: OperationInput): void {
  if (operation.variableDefinitions?.some(({ variable }) => variable.name.value === reservedVariable))
    throw new AppError('BAD_USER_INPUT', `A variable cannot be named $${reservedVariable}; give it another name.`);
}

export function requireVariables({ schema, operation, variables }: OperationInput): void {
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 });
  const [first] = errors ?? [];
  if (!first) return;
  throw new AppError('BAD_USER_INPUT', first.message, { cause: first });
}
