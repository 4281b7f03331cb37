import type { FetchNode } from '@nova/federation';
import {
  type DocumentNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  visit,
} from 'graphql';

/** Entity fetches of one wave to one subgraph, as one operation: each under an alias and a variable of its own. */
export type EntityBatch = {
  readonly operation: string;
  readonly operationName: string | undefined;
  readonly variableUsages: readonly string[];
  /** In the order of the fetches. */
  readonly parts: ReadonlyArray<{ readonly alias: string; readonly variable: string }>;
};

const entities = '_entities';
const representations = 'representations';

/** Undefined when the fetches cannot travel together. */
export function batchEntityFetches(fetches: readonly FetchNode[]): EntityBatch | undefined {
  const documents = fetches.map(({ operation }) => parse(operation));
  // Fragments of two operations could have one name.
  if (documents.some(({ definitions }) => definitions.length !== 1)) return undefined;
  const parts = fetches.map((_, at) => ({ alias: `_e${at}`, variable: `_r${at}` }));
  const renamed = documents.map((document, at) => renameEntities(document, parts[at] as EntityBatch['parts'][number]));
  if (renamed.some((operation) => operation === undefined)) return undefined;
  const operations = renamed as OperationDefinitionNode[];
  const definitions = operations.flatMap(({ variableDefinitions = [] }) => variableDefinitions);
  const byName = new Map(definitions.map((definition) => [definition.variable.name.value, definition]));
  const [first] = operations as [OperationDefinitionNode];
  return {
    operation: print({
      ...first,
      variableDefinitions: [...byName.values()],
      selectionSet: {
        kind: Kind.SELECTION_SET,
        selections: operations.flatMap(({ selectionSet: { selections } }) => selections),
      },
    }),
    operationName: fetches[0]?.operationName,
    variableUsages: [...new Set(fetches.flatMap(({ variableUsages = [] }) => variableUsages))],
    parts,
  };
}

function renameEntities(
  { definitions: [definition] }: DocumentNode,
  { alias, variable }: EntityBatch['parts'][number],
): OperationDefinitionNode | undefined {
  if (definition?.kind !== Kind.OPERATION_DEFINITION || (definition.directives ?? []).length > 0) return undefined;
  const isEntities = (selection: SelectionNode) =>
    selection.kind === Kind.FIELD && selection.name.value === entities && selection.alias === undefined;
  if (!definition.selectionSet.selections.every(isEntities)) return undefined;
  const renamed: OperationDefinitionNode = visit(definition, {
    Variable: (node) =>
      node.name.value === representations ? { ...node, name: { ...node.name, value: variable } } : undefined,
  });
  const withAlias = (selection: SelectionNode) => ({ ...selection, alias: { kind: Kind.NAME, value: alias } });
  const selections = renamed.selectionSet.selections.map(withAlias) as SelectionNode[];
  return { ...renamed, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}
