import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  separateOperations,
  validate,
} from 'graphql';
import { NoPlan } from './find-text.ts';

export type ChosenOperation = {
  /** With this operation alone, and the fragments that it uses. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
};

/** Throws `NoPlan` with what is wrong with the text, or when it has several operations and none of them is named. */
export function chooseOperation(text: string, name: string | undefined, schema: GraphQLSchema): ChosenOperation {
  const whole = parseText(text);
  const operations = whole.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
  const names = operations.map((it) => it.name?.value ?? '(without a name)').join(', ');
  const matching = name === undefined ? operations : operations.filter((it) => it.name?.value === name);
  const [operation, ...others] = matching;
  if (!operation) throw new NoPlan(name === undefined ? 'It has no operation.' : `No ${name} is there, but ${names}.`);
  if (others.length > 0)
    throw new NoPlan(`It has ${operations.length} operations; choose with --operation-name: ${names}.`);
  const problems = validate(schema, whole);
  if (problems.length > 0)
    throw new NoPlan(['The schema does not have what it asks for:', ...problems.map(String)].join('\n\n'));
  return { document: separateOperations(whole)[operation.name?.value ?? ''] ?? whole, operation };
}

function parseText(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: 10_000 });
  } catch (error) {
    throw error instanceof GraphQLError ? new NoPlan(String(error)) : error;
  }
}
