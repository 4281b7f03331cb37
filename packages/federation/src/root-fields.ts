import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

const known = new WeakMap<OperationDefinitionNode, ReadonlyMap<string, number>>();

/** How often an operation of a valid document runs each root field: aliases count, and so do fields in fragments. Remembered. */
export function rootFieldCounts(
  operation: OperationDefinitionNode,
  document: DocumentNode,
): ReadonlyMap<string, number> {
  const remembered = known.get(operation);
  if (remembered) return remembered;
  const counts = count(operation, document);
  known.set(operation, counts);
  return counts;
}

function count(operation: OperationDefinitionNode, document: DocumentNode): ReadonlyMap<string, number> {
  const fieldByResponseName = new Map<string, string>();
  const seen = new Set<string>();
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD)
        fieldByResponseName.set((selection.alias ?? selection.name).value, selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        for (const definition of document.definitions)
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value)
            collect(definition.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  const counts = new Map<string, number>();
  for (const field of fieldByResponseName.values()) counts.set(field, (counts.get(field) ?? 0) + 1);
  return counts;
}
