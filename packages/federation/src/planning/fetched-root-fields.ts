import type { PlanNode, QueryPlan } from '@apollo/query-planner';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The root fields of an operation that its plan fetches nowhere. The planner plans nothing where no subgraph can answer, and
 * the answer would be null without a word.
 */
export function unfetchedRootFields(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  plan: QueryPlan,
): string[] {
  const fetched = new Set<string>();
  if (plan.node && plan.node.kind !== 'Subscription') collectFetched(plan.node, fetched);
  return [...rootNames(operation.selectionSet, fragmentsOf(document))].filter((name) => !fetched.has(name));
}

function collectFetched(node: PlanNode, names: Set<string>): void {
  switch (node.kind) {
    case 'Sequence':
    case 'Parallel':
      for (const child of node.nodes) collectFetched(child, names);
      return;
    case 'Condition':
      for (const branch of [node.ifClause, node.elseClause]) if (branch) collectFetched(branch, names);
      return;
    case 'Fetch': {
      const document = parse(node.operation, { noLocation: true });
      for (const definition of document.definitions)
        if (!node.requires && definition.kind === Kind.OPERATION_DEFINITION)
          for (const name of rootNames(definition.selectionSet, fragmentsOf(document))) names.add(name);
      return;
    }
    case 'Flatten':
    case 'Defer':
      return;
  }
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
}

/** Names in the answer of what subgraphs have to fetch. */
function* rootNames({ selections }: SelectionSetNode, fragments: Fragments): Generator<string> {
  for (const selection of selections) {
    if (isNeverIncluded(selection)) continue;
    if (selection.kind === Kind.FIELD) {
      if (!selection.name.value.startsWith('__')) yield (selection.alias ?? selection.name).value;
      continue;
    }
    const set =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : fragments.get(selection.name.value)?.selectionSet;
    if (set) yield* rootNames(set, fragments);
  }
}

function isNeverIncluded({ directives = [] }: SelectionNode): boolean {
  return directives.some(({ name, arguments: args = [] }) => {
    const value = args.find((it) => it.name.value === 'if')?.value;
    if (value?.kind !== Kind.BOOLEAN) return false;
    return name.value === 'skip' ? value.value : name.value === 'include' && !value.value;
  });
}
