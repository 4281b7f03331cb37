import type { FetchNode } from '@nova/federation';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  visit,
} from 'graphql';

/** Entity fetches that one subgraph is asked for at the same time, as one operation: each under an alias and a variable of its own. */
export type EntityBatch = {
  readonly operation: string;
  readonly operationName: string | undefined;
  readonly variableUsages: readonly string[];
  /** In the order of the fetches. */
  readonly names: readonly EntityNames[];
};

type EntityNames = { readonly alias: string; readonly variable: string };

const entities = '_entities';
const representations = 'representations';

/** At least one fetch; of a fetch that goes alone nothing is renamed. */
export function batchEntityFetches(fetches: readonly FetchNode[]): EntityBatch {
  const [{ operation, operationName, variableUsages = [] }] = fetches as [FetchNode];
  if (fetches.length === 1)
    return { operation, operationName, variableUsages, names: [{ alias: entities, variable: representations }] };
  const names = fetches.map((_, at) => ({ alias: `_e${at}`, variable: `_r${at}` }));
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations = fetches.map((fetch, at) =>
    renameEntities(withDistinctFragments(parse(fetch.operation), fragments), names[at] as EntityNames),
  );
  const definitions = operations.flatMap(({ variableDefinitions = [] }) => variableDefinitions);
  const byName = new Map(definitions.map((definition) => [definition.variable.name.value, definition]));
  const selections = operations.flatMap(({ selectionSet }) => selectionSet.selections);
  const [first] = operations as [OperationDefinitionNode];
  const together: OperationDefinitionNode = {
    ...first,
    variableDefinitions: [...byName.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
  return {
    operation: print({ kind: Kind.DOCUMENT, definitions: [together, ...fragments.values()] }),
    operationName,
    variableUsages: [...new Set(fetches.flatMap(({ variableUsages = [] }) => variableUsages))],
    names,
  };
}

/** Adds the document's fragments to those there are; where a name is taken by another fragment, all of them get new names. */
function withDistinctFragments(
  document: DocumentNode,
  fragments: Map<string, FragmentDefinitionNode>,
): OperationDefinitionNode {
  const own = document.definitions.filter((it): it is FragmentDefinitionNode => it.kind === Kind.FRAGMENT_DEFINITION);
  const isTaken = own.some((fragment) => {
    const known = fragments.get(fragment.name.value);
    return known && print(known) !== print(fragment);
  });
  const distinct = isTaken ? renameFragments(document, own, new Set(fragments.keys())) : document;
  let operation: OperationDefinitionNode | undefined;
  for (const definition of distinct.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition;
  }
  if (!operation) throw new Error('A fetch has no operation.');
  return operation;
}

function renameFragments(
  document: DocumentNode,
  own: readonly FragmentDefinitionNode[],
  taken: Set<string>,
): DocumentNode {
  const names = new Map<string, string>();
  for (const { name } of own) {
    let count = 0;
    while (taken.has(`_f${count}`)) count += 1;
    names.set(name.value, `_f${count}`);
    taken.add(`_f${count}`);
  }
  const rename = <Node extends { readonly name: NameNode }>(node: Node): Node => ({
    ...node,
    name: { ...node.name, value: names.get(node.name.value) ?? node.name.value },
  });
  return visit(document, { FragmentSpread: rename, FragmentDefinition: { leave: rename } });
}

function renameEntities(operation: OperationDefinitionNode, { alias, variable }: EntityNames): OperationDefinitionNode {
  const renamed: OperationDefinitionNode = visit(operation, {
    Variable: (node) =>
      node.name.value === representations ? { ...node, name: { ...node.name, value: variable } } : undefined,
  });
  const selections = renamed.selectionSet.selections.map((selection): SelectionNode => {
    if (selection.kind !== Kind.FIELD || selection.name.value !== entities)
      throw new Error('A fetch of entities asks for something else.');
    return { ...selection, alias: { kind: Kind.NAME, value: alias } };
  });
  return { ...renamed, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}
