import { executeSync, type FieldNode, Kind, OperationTypeNode, visit } from 'graphql';
import type { Execution } from './executor.ts';
import type { Introspect } from './write-response.ts';

/** Answers `__schema` and `__type` from the schema that clients see. */
export function createIntrospect({ schema, document, operation, variables }: Execution): Introspect {
  return ({ name, nodes }) => {
    const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
    const used = variablesIn([...nodes, ...fragments.map((fragment) => fragment)]);
    const variableDefinitions = (operation.variableDefinitions ?? []).filter((it) => used.has(it.variable.name.value));
    const { data, errors } = executeSync({
      schema,
      document: {
        kind: Kind.DOCUMENT,
        definitions: [
          {
            kind: Kind.OPERATION_DEFINITION,
            operation: OperationTypeNode.QUERY,
            variableDefinitions,
            selectionSet: { kind: Kind.SELECTION_SET, selections: nodes as readonly FieldNode[] },
          },
          ...fragments,
        ],
      },
      variableValues: variables,
    });
    if (errors?.[0]) throw errors[0];
    return data?.[name];
  };
}

function variablesIn(nodes: readonly object[]): Set<string> {
  const names = new Set<string>();
  for (const node of nodes)
    visit(node as FieldNode, {
      Variable: ({ name }) => {
        names.add(name.value);
      },
    });
  return names;
}
