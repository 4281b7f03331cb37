import {
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLSchema,
  isAbstractType,
  isUnionType,
  type ValidationRule,
} from 'graphql';

/**
 * Refuses aliases that are the name of another field of their type. The planner adds fields of its own to what is asked
 * for (`__typename`, keys) and takes such an alias for them: the answer would be wrong, or none.
 */
export const unambiguousAliases: ValidationRule = (context) => ({
  Field(node) {
    const alias = node.alias?.value;
    const type = context.getParentType();
    if (alias === undefined || alias === node.name.value || !type) return;
    if (alias !== '__typename' && !hasField(type, alias, context.getSchema())) return;
    const message = `The alias "${alias}" is the name of another field of ${type.name}; take another.`;
    context.reportError(new GraphQLError(message, { nodes: node }));
  },
});

function hasField(type: GraphQLCompositeType, name: string, schema: GraphQLSchema): boolean {
  const types = isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type];
  return types.some((it) => !isUnionType(it) && Object.hasOwn(it.getFields(), name));
}
