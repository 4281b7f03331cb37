import type { AccessModel, AccessRequirement } from '@nova/federation';
import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** `@skip` or `@include` on the way to a field: it is left out when the value is `excludedBy`. */
type Condition = { readonly value: ValueNode; readonly excludedBy: boolean };

/** What one selected field asks for, unless a condition in front of it leaves it out. */
export type Demand = {
  /** `Type.field`. */
  readonly field: string;
  readonly requirement: AccessRequirement;
  readonly conditions: readonly Condition[];
};

/** Everything that an operation of a valid document asks for, in the order of its text. */
export function operationDemands(
  operation: OperationDefinitionNode,
  { schema, document, model }: { schema: GraphQLSchema; document: DocumentNode; model: AccessModel },
): readonly Demand[] {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const demands = new Map<string, Demand>();
  const visitSet = (set: SelectionSetNode, type: GraphQLCompositeType, conditions: readonly Condition[]) => {
    for (const selection of set.selections) visit(selection, type, [...conditions, ...conditionsOf(selection)]);
  };
  const visit = (selection: SelectionNode, type: GraphQLCompositeType, conditions: readonly Condition[]) => {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const requirement = model.requirementOf(type.name, name);
      const demand = requirement && { field: `${type.name}.${name}`, requirement, conditions };
      if (demand) demands.set(keyOf(demand), demand);
      const field = 'getFields' in type ? type.getFields()[name] : undefined;
      const returned = field && getNamedType(field.type);
      if (selection.selectionSet && isCompositeType(returned)) visitSet(selection.selectionSet, returned, conditions);
      return;
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (!fragment) return;
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
    visitSet(fragment.selectionSet, isCompositeType(condition) ? condition : type, conditions);
  };
  const root = schema.getRootType(operation.operation);
  if (root) visitSet(operation.selectionSet, root, []);
  return [...demands.values()];
}

/** Only a value that surely leaves the field out does: whatever else it may be, the field is asked for. */
export function isExcluded(
  { conditions }: Demand,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return conditions.some(({ value, excludedBy }) => knownValue(value, operation, variables) === excludedBy);
}

function knownValue(
  value: ValueNode,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  if (value.kind === Kind.BOOLEAN) return value.value;
  if (value.kind !== Kind.VARIABLE) return undefined;
  const name = value.name.value;
  if (variables[name] !== undefined) return variables[name];
  const fallback = variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return fallback?.kind === Kind.BOOLEAN ? fallback.value : undefined;
}

function conditionsOf({ directives = [] }: SelectionNode): Condition[] {
  return directives.flatMap((directive) => {
    const excludedBy = directive.name.value === 'skip' ? true : directive.name.value === 'include' ? false : undefined;
    const value = ifOf(directive);
    return excludedBy === undefined || value === undefined ? [] : [{ value, excludedBy }];
  });
}

function ifOf(directive: DirectiveNode): ValueNode | undefined {
  return directive.arguments?.find(({ name }) => name.value === 'if')?.value;
}

function keyOf({ field, conditions }: Demand): string {
  return `${field} ${conditions.map(({ value, excludedBy }) => `${excludedBy}:${textOf(value)}`).join(' ')}`;
}

function textOf(value: ValueNode): string {
  return value.kind === Kind.VARIABLE ? `$${value.name.value}` : String('value' in value && value.value);
}
