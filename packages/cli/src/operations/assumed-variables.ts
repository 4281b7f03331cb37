import {
  GraphQLBoolean,
  GraphQLFloat,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type NamedTypeNode,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

/** The largest page that connections give. */
const assumedNumber = 100;

/** A value for every variable that needs one, and for numbers without a default. Only numbers can change a cost. */
export function assumedVariables({ variableDefinitions }: OperationDefinitionNode, schema: GraphQLSchema) {
  const values: Record<string, unknown> = {};
  for (const { variable, type: node, defaultValue } of variableDefinitions ?? []) {
    const type = typeFromAST(schema, node as NamedTypeNode);
    if (defaultValue === undefined && isInputType(type) && (isNonNullType(type) || type === GraphQLInt))
      values[variable.name.value] = assumedValue(type);
  }
  return values;
}

function assumedValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return assumedValue(type.ofType);
  if (isListType(type)) return [assumedValue(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, assumedValue(field.type)]));
  }
  if (type === GraphQLInt || type === GraphQLFloat) return assumedNumber;
  return type === GraphQLBoolean ? true : 'assumed';
}
