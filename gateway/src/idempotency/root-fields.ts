import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';

/** Names of the root fields that an operation of a valid document may run, those in fragments too; not `__typename`. */
export function rootFieldsOf(operation: OperationDefinitionNode, document: DocumentNode): ReadonlySet<string> {
  const names = new Set<string>();
  const fragments = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else fragments.add(selection.name.value);
    }
  };
  collect(operation.selectionSet);
  // A set gives what is added while it is walked too, each once.
  for (const name of fragments)
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name)
        collect(definition.selectionSet);
  names.delete('__typename');
  return names;
}
