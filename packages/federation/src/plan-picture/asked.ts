import type { FetchNode } from '@apollo/query-planner';
import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';
import type { RequiredSelection } from '../planning/conditional-requirements.ts';
import { clientName } from '../planning/planned-aliases.ts';

export type AskedEntity = {
  readonly type: string;
  /** Key fields, and what its fields require of other subgraphs, as a selection: `id dimensions { weight }`. */
  readonly by: string;
};

/** What a fetch sends of the entities that it asks about, one entry for each type. */
export function askedEntities(requires: readonly RequiredSelection[]): AskedEntity[] {
  const byType = new Map<string, Set<string>>();
  for (const selection of requires) {
    if (selection.kind !== 'InlineFragment') continue;
    const type = selection.typeCondition ?? '';
    const fields = byType.get(type) ?? new Set();
    byType.set(type, fields);
    for (const text of selectionTexts(selection.selections, type)) fields.add(text);
  }
  return [...byType].map(([type, fields]) => ({ type, by: [...fields].join(' ') }));
}

function selectionTexts(selections: readonly RequiredSelection[], type = ''): string[] {
  return selections.flatMap((selection: RequiredSelection) => {
    if (selection.kind === 'InlineFragment') {
      const { typeCondition = type } = selection;
      const inner = selectionTexts(selection.selections, typeCondition);
      return typeCondition === type ? inner : [`... on ${typeCondition} { ${inner.join(' ')} }`];
    }
    if (selection.name === '__typename') return [];
    const name = selection.sentAs ?? selection.name;
    const inner = selectionTexts(selection.selections ?? []);
    return [inner.length > 0 ? `${name} { ${inner.join(' ')} }` : name];
  });
}

/** What a fetch asks for on the first level, by response names, with the conditions of each. */
export function askedFields({ operation, requires }: FetchNode): string[] {
  const { definitions } = parse(operation, { noLocation: true });
  const fragments = new Map(
    definitions.flatMap((it) => (it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it] as const] : [])),
  );
  const root = definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  if (root?.kind !== Kind.OPERATION_DEFINITION) return [];
  const fields = [...fieldsIn(root.selectionSet, fragments)];
  const asked = requires
    ? fields.flatMap(({ node }) => (node.selectionSet ? [...fieldsIn(node.selectionSet, fragments)] : []))
    : fields;
  return [...new Set(asked.map(fieldText))];
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
type Field = { readonly node: FieldNode; readonly directives: readonly DirectiveNode[] };

function* fieldsIn(set: SelectionSetNode, fragments: Fragments): Generator<Field> {
  for (const selection of set.selections) {
    const own = selection.directives ?? [];
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value !== '__typename') yield { node: selection, directives: own };
      continue;
    }
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    if (!inner) continue;
    for (const { node, directives } of fieldsIn(inner.selectionSet, fragments))
      yield { node, directives: [...own, ...directives] };
  }
}

function fieldText({ node: { alias, name }, directives }: Field): string {
  const asked = alias ? clientName(alias.value) : name.value;
  // An alias that is not the client's is the planner's own.
  const shown = asked === alias?.value ? name.value : asked;
  return [shown, ...directives.map((directive) => print(directive))].join(' ');
}
