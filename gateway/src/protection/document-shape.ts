import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** Figures of a document that its text alone decides. */
export type DocumentShape = {
  /** Selections of the largest operation with every fragment written out, capped. */
  readonly selections: number;
  /** False when a fragment is unknown or spreads itself; then the document has no expanded form. */
  readonly expandable: boolean;
  readonly aliases: number;
  readonly directives: number;
  /** Root fields of the widest operation, those of fragments included, each fragment once. */
  readonly rootFields: number;
  /** Fields of the widest selection set, counted in the same way. */
  readonly fields: number;
};

/** No count goes further; it is far beyond any limit and keeps sums exact. */
const cap = 1_000_000_000;

/** One walk in time linear in the document, however large its expanded form: each fragment is looked at once. */
export function documentShape(document: DocumentNode): DocumentShape {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const expanded = new Map<string, number | 'counting'>();
  const shape = { selections: 0, expandable: true, aliases: 0, directives: 0, rootFields: 0, fields: 0 };

  const walkFragment = (name: string): number => {
    const known = expanded.get(name);
    if (typeof known === 'number') return known;
    const fragment = fragments.get(name);
    if (known === 'counting' || !fragment) {
      shape.expandable = false;
      return 0;
    }
    expanded.set(name, 'counting');
    shape.directives += fragment.directives?.length ?? 0;
    const count = walkSet(fragment.selectionSet);
    expanded.set(name, count);
    return count;
  };

  const walkSelection = (selection: SelectionNode): number => {
    shape.directives += selection.directives?.length ?? 0;
    if (selection.kind === Kind.FRAGMENT_SPREAD) return 1 + walkFragment(selection.name.value);
    if (selection.kind === Kind.FIELD && selection.alias) shape.aliases += 1;
    return 1 + (selection.selectionSet ? walkSet(selection.selectionSet) : 0);
  };

  const walkSet = (set: SelectionSetNode): number => {
    shape.fields = Math.max(shape.fields, fieldCount(set, fragments, new Set()));
    let count = 0;
    for (const selection of set.selections) count = Math.min(count + walkSelection(selection), cap);
    return count;
  };

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    shape.directives += definition.directives?.length ?? 0;
    shape.selections = Math.max(shape.selections, walkSet(definition.selectionSet));
    shape.rootFields = Math.max(shape.rootFields, fieldCount(definition.selectionSet, fragments, new Set()));
  }
  for (const name of fragments.keys()) walkFragment(name);
  return shape;
}

function fieldCount(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string>,
): number {
  let fields = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) fields += 1;
    else if (selection.kind === Kind.INLINE_FRAGMENT) fields += fieldCount(selection.selectionSet, fragments, seen);
    else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) fields += fieldCount(fragment.selectionSet, fragments, seen);
    }
  }
  return fields;
}
