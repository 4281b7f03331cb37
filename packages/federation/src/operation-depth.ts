import { type DocumentNode, Kind, type OperationDefinitionNode, type ValidationContext } from 'graphql';
import depthLimit from 'graphql-depth-limit';

/**
 * How deep the document's deepest operation nests, as graphql-depth-limit counts: root fields are level 0 and
 * introspection is free. The document must be expandable, and small when expanded: the library walks every path.
 */
export function operationDepth(document: DocumentNode): number {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  let deepest = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    // The library keeps operations by name in a plain object, so they go in one by one and unnamed.
    const operation: OperationDefinitionNode = { ...definition, name: undefined };
    const context = { getDocument: () => ({ kind: Kind.DOCUMENT, definitions: [operation, ...fragments] }) };
    depthLimit(Number.POSITIVE_INFINITY, {}, (depths: Record<string, number>) => {
      deepest = Math.max(deepest, ...Object.values(depths));
    })(context as unknown as ValidationContext);
  }
  return deepest;
}
