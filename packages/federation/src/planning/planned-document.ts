import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { plannedName } from './planned-aliases.ts';

/**
 * The document that is planned instead of the client's: it means the same, and the planner is right about it. The planner
 * forgets a condition by a literal where there is another by a variable, gives up an object of which nothing is left, and
 * forgets conditions of what is around a field that requires others. So conditions that decide nothing and what is never
 * included are taken out, fragments are put where they are spread, conditions stand as far inside as they can, and aliases
 * get names of their own.
 */
export function plannedDocument({ definitions }: DocumentNode): DocumentNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  return {
    kind: Kind.DOCUMENT,
    definitions: definitions.flatMap((definition) => {
      if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
      const source = { set: definition.selectionSet, known: new Map(), conditions: [] };
      const selections = plannedSelections([source], fragments);
      return [{ ...definition, selectionSet: setOf(selections.length > 0 ? selections : [anything]) }];
    }),
  };
}

/** Values that the variables of conditions have wherever this is included. */
type Known = ReadonlyMap<string, boolean>;
type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** Conditions under which something of an object is asked for: those that its place does not decide already. */
type Conditional = { readonly known: Known; readonly conditions: readonly DirectiveNode[] };
type Source = Conditional & { readonly set: SelectionSetNode };
type Occurrence = Conditional & { readonly node: FieldNode };

const anything: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** Of an object: with something that is asked for whatever the conditions are, so that the object is. */
function plannedSet(sources: readonly Source[], fragments: Fragments): SelectionSetNode {
  const selections = plannedSelections(sources, fragments);
  return setOf(selections.some(isCertain) ? selections : [anything, ...selections]);
}

/** Fragments are of types that the object may not be of. */
function isCertain({ kind, directives = [] }: SelectionNode): boolean {
  return kind === Kind.FIELD && directives.length === 0;
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}

function plannedSelections(sources: readonly Source[], fragments: Fragments): SelectionNode[] {
  const fields = new Map<string, Occurrence[]>();
  const types = new Map<string, Source[]>();
  const collect = (source: Source): void => {
    for (const selection of source.set.selections) {
      const met = conditionsOf(selection.directives ?? [], source.known);
      if (!met) continue;
      const { known } = met;
      const conditions = [...source.conditions, ...met.conditions];
      if (selection.kind === Kind.FIELD) {
        // The gateway says types itself, and the planner gives up an object that may be asked for nothing else.
        if (selection.name.value === anything.name.value) add(fields, '', { node: anything, known, conditions: [] });
        else add(fields, plannedName(selection), { node: selection, known, conditions });
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (!fragment) continue;
      const inner = { set: fragment.selectionSet, known, conditions };
      if (fragment.typeCondition) add(types, fragment.typeCondition.name.value, inner);
      else collect(inner);
    }
  };
  sources.forEach(collect);
  return [
    ...[...fields.values()].flatMap((occurrences) => plannedFields(occurrences, fragments)),
    ...[...types].flatMap(([typeName, inner]): SelectionNode[] => {
      const selections = plannedSelections(inner, fragments);
      if (selections.length === 0) return [];
      const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: typeName } } as const;
      return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: setOf(selections) }];
    }),
  ];
}

/** One field, if it is asked for without conditions anywhere; else one for each of its conditions. */
function plannedFields(occurrences: readonly Occurrence[], fragments: Fragments): SelectionNode[] {
  const isAlways = occurrences.some(({ conditions }) => conditions.length === 0);
  const groups = new Map<string, Occurrence[]>();
  for (const occurrence of occurrences)
    add(groups, isAlways ? '' : occurrence.conditions.map(print).join(' '), occurrence);
  return [...groups.values()].map((group) => {
    const [{ node, conditions }] = group as [Occurrence];
    const sources = group.flatMap((it): Source[] => {
      const { selectionSet: set } = it.node;
      return set ? [{ set, known: it.known, conditions: isAlways ? it.conditions : [] }] : [];
    });
    const name = plannedName(node);
    const field: FieldNode = {
      ...node,
      alias: name === node.name.value ? undefined : { kind: Kind.NAME, value: name },
      selectionSet: sources.length > 0 ? plannedSet(sources, fragments) : undefined,
    };
    return conditionally(field, isAlways ? [] : conditions);
  });
}

/** A field has a directive once. */
function conditionally(field: FieldNode, conditions: readonly DirectiveNode[]): SelectionNode {
  const own = new Map<string, DirectiveNode>();
  const others = conditions.filter((it) => {
    if (own.has(it.name.value)) return true;
    own.set(it.name.value, it);
    return false;
  });
  return others.reduce<SelectionNode>(
    (inner, directive) => ({
      kind: Kind.INLINE_FRAGMENT,
      directives: [directive],
      selectionSet: setOf([inner]),
    }),
    { ...field, directives: [...own.values()] },
  );
}

function add<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Undefined when the conditions are never met together. */
function conditionsOf(directives: readonly DirectiveNode[], outside: Known): Conditional | undefined {
  const known = new Map(outside);
  const open: DirectiveNode[] = [];
  for (const directive of directives) {
    const name = directive.name.value;
    const value = directive.arguments?.find(isIf)?.value;
    if ((name !== 'skip' && name !== 'include') || !value) {
      open.push(directive);
      continue;
    }
    const wanted = name === 'include';
    const given =
      value.kind === Kind.VARIABLE ? known.get(value.name.value) : value.kind === Kind.BOOLEAN && value.value;
    if (given === !wanted) return undefined;
    if (given !== undefined || value.kind !== Kind.VARIABLE) continue;
    known.set(value.name.value, wanted);
    open.push(directive);
  }
  return { known, conditions: open };
}

function isIf({ name }: ArgumentNode): boolean {
  return name.value === 'if';
}
