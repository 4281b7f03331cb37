import { AppError } from '@nova/errors';
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { type CostModel, maxCost } from './cost-model.ts';

/** An operation of a valid document, with its variables. */
export type CostInput = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
};

type Priced = CostInput & { readonly model: CostModel };

/** What an operation may cost with these variables. Throws BAD_USER_INPUT when a value does not fit its place. */
export function operationCost(input: Priced): number {
  return costOf(input, () => undefined);
}

/** From the root down the field that costs most at each level, by response names. */
export function costliestPath(input: Priced): string {
  const costs = new Map<FieldNode, number>();
  costOf(input, (node, cost) => costs.set(node, Math.max(cost, costs.get(node) ?? 0)));
  const path: string[] = [];
  let set: SelectionSetNode | undefined = input.operation.selectionSet;
  while (set) {
    const [first, ...others] = fieldsOf(set, input.document);
    if (!first) break;
    const dearest = others.reduce(
      (one, other) => ((costs.get(other) ?? 0) > (costs.get(one) ?? 0) ? other : one),
      first,
    );
    if (!costs.get(dearest)) break;
    path.push(dearest.alias?.value ?? dearest.name.value);
    set = dearest.selectionSet;
  }
  return path.join('.');
}

function costOf(input: Priced, note: (node: FieldNode, cost: number) => void): number {
  const { schema, operation, variables, document, model } = input;
  const isOther = (definition: DefinitionNode) =>
    definition.kind === Kind.OPERATION_DEFINITION && definition !== operation;
  const estimator: ComplexityEstimator = ({ type, field, node, args, childComplexity }) => {
    const typeName = type.name;
    const cost = model.fieldCost({
      typeName,
      field: field as GraphQLField<unknown, unknown>,
      args,
      childCost: childComplexity,
    });
    note(node, cost);
    return cost;
  };
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

function fieldsOf(set: SelectionSetNode, document: DocumentNode): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, document);
    const fragment = document.definitions.find(
      (it): it is FragmentDefinitionNode =>
        it.kind === Kind.FRAGMENT_DEFINITION && it.name.value === selection.name.value,
    );
    return fragment ? fieldsOf(fragment.selectionSet, document) : [];
  });
}
