import { createHash } from 'node:crypto';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { SupergraphTypes } from './supergraph-types.ts';

/** What a text to a subgraph, or one of its lists of entities, asks for, worked out once. */
export type FetchShape = {
  /** The same for texts that ask for the same. */
  readonly hash: string;
  /** Names of the variables that it uses. */
  readonly variables: readonly string[];
  /** Types whose entities the answer may hold; of entities: besides those that are asked for. */
  readonly types: readonly string[];
};

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Of a query that asks for root fields; undefined when the supergraph does not know all that it asks for. */
export function rootShape(query: string, types: SupergraphTypes): FetchShape | undefined {
  const document = parse(query, { noLocation: true });
  const operation = operationOf(document);
  if (!operation || types.rootType === undefined) return undefined;
  const found = typesIn(operation.selectionSet, types.rootType, { types, fragments: fragmentsOf(document) });
  const nameless = { ...document, definitions: document.definitions.map(withoutName) };
  return found && { hash: hashOf(print(nameless)), variables: variablesIn(document), types: [...found] };
}

/** Of the list of entities under `alias`; undefined when the supergraph does not know all that it asks for. */
export function entitiesShape(query: string, alias: string, types: SupergraphTypes): FetchShape | undefined {
  const document = parse(query, { noLocation: true });
  const fragments = fragmentsOf(document);
  const fields = (operationOf(document)?.selectionSet.selections ?? []).filter(isField);
  const [field, ...others] = fields.filter((each) => (each.alias ?? each.name).value === alias);
  if (field?.name.value !== '_entities' || !field.selectionSet || others.length > 0) return undefined;
  const found = typesIn(field.selectionSet, undefined, { types, fragments });
  if (!found) return undefined;
  const parts = [field.selectionSet, ...fragments.values()];
  const variables = new Set(parts.flatMap((part) => variablesIn(part)));
  return { hash: hashOf(parts.map(print).join('\n')), variables: [...variables], types: [...found] };
}

type Surroundings = { readonly types: SupergraphTypes; readonly fragments: Fragments };

/** `parent`: undefined where entities of any type stand. Undefined when it meets what the supergraph does not have. */
function typesIn(
  set: SelectionSetNode,
  parent: string | undefined,
  around: Surroundings,
): ReadonlySet<string> | undefined {
  const found = new Set<string>();
  const visitSet = ({ selections }: SelectionSetNode, type: string | undefined): boolean =>
    selections.every((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return visitSet(selection.selectionSet, selection.typeCondition?.name.value ?? type);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = around.fragments.get(selection.name.value);
        return fragment !== undefined && visitSet(fragment.selectionSet, fragment.typeCondition.name.value);
      }
      return visitField(selection, type);
    });
  const visitField = (field: FieldNode, type: string | undefined): boolean => {
    if (field.name.value === '__typename') return true;
    const known = type === undefined ? undefined : around.types.fieldOf(type, field.name.value);
    if (!known || type === undefined) return false;
    if (known.composite === undefined || !field.selectionSet) return true;
    // What an entity points to is part of that entity; the other one is not in the answer.
    if (!known.isList && around.types.isEntity(type) && isReference(field.selectionSet)) return true;
    for (const possible of around.types.possible(known.composite)) found.add(possible);
    return visitSet(field.selectionSet, known.composite);
  };
  return visitSet(set, parent) ? found : undefined;
}

function isReference({ selections }: SelectionSetNode): boolean {
  return selections.every((selection) => isField(selection) && ['__typename', 'id'].includes(selection.name.value));
}

function variablesIn(node: DocumentNode | SelectionSetNode | FragmentDefinitionNode): string[] {
  const names = new Set<string>();
  visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return [...names].sort();
}

function isField(selection: SelectionNode): selection is FieldNode {
  return selection.kind === Kind.FIELD;
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}

function withoutName<Node extends DocumentNode['definitions'][number]>(definition: Node): Node {
  return definition.kind === Kind.OPERATION_DEFINITION ? { ...definition, name: undefined } : definition;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
