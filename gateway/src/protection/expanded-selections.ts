import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

export type ExpandedSelections = {
  /** Selections of the document's largest operation with every fragment written out, capped. */
  readonly count: number;
  /** False when a fragment is unknown or spreads itself; then the document has no expanded form. */
  readonly expandable: boolean;
};

/** No count goes further; it is far beyond any limit and keeps sums exact. */
const cap = 1_000_000_000;

/** Counts in time linear in the document, however large its expanded form: each fragment is counted once. */
export function expandedSelections(document: DocumentNode): ExpandedSelections {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const counts = new Map<string, number | 'counting'>();
  let expandable = true;

  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (typeof known === 'number') return known;
    const fragment = fragments.get(name);
    if (known === 'counting' || !fragment) {
      expandable = false;
      return 0;
    }
    counts.set(name, 'counting');
    const count = countSet(fragment.selectionSet);
    counts.set(name, count);
    return count;
  };

  const countSet = (set: SelectionSetNode): number => {
    let count = 0;
    for (const selection of set.selections) {
      count += 1;
      if (selection.kind === Kind.FRAGMENT_SPREAD) count += countFragment(selection.name.value);
      else if (selection.selectionSet) count += countSet(selection.selectionSet);
      count = Math.min(count, cap);
    }
    return count;
  };

  let largest = 0;
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) largest = Math.max(largest, countSet(definition.selectionSet));
  for (const name of fragments.keys()) countFragment(name);
  return { count: largest, expandable };
}
