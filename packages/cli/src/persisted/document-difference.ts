import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The first thing in which one operation asks for something else than another, as a sentence; undefined when both ask for
 * the same and only their texts, or the order in them, differ. Fragments are looked into; `__typename`, which clients add by themselves, counts.
 */
export function documentDifference(sent: DocumentNode, known: DocumentNode): string | undefined {
  const [one, other] = [operationOf(sent), operationOf(known)];
  if (!one || !other) return 'one of them has no operation';
  if (one.operation !== other.operation) return `it is a ${one.operation}, that of the manifest a ${other.operation}`;
  const variables = listDifference('variable', variablesOf(one), variablesOf(other));
  if (variables) return variables;
  return setDifference(
    { set: one.selectionSet, fragments: fragmentsOf(sent) },
    { set: other.selectionSet, fragments: fragmentsOf(known) },
    '',
  );
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;
type Side = { readonly set: SelectionSetNode; readonly fragments: Fragments };

function setDifference(sent: Side, known: Side, path: string): string | undefined {
  const [sentParts, knownParts] = [partsOf(sent), partsOf(known)];
  for (const name of sentParts.keys())
    if (!knownParts.has(name)) return `${at(path, name)} is asked for, and the manifest does not`;
  for (const name of knownParts.keys())
    if (!sentParts.has(name)) return `${at(path, name)} is missing, and the manifest asks for it`;
  for (const [name, part] of sentParts) {
    const other = knownParts.get(name);
    const found = other && partDifference(part, other, { path: at(path, name), sent, known });
    if (found) return found;
  }
  return undefined;
}

type Part = { readonly facts: readonly string[]; readonly set?: SelectionSetNode | undefined };

function partDifference(
  sent: Part,
  known: Part,
  { path, sent: { fragments }, known: { fragments: knownFragments } }: { path: string; sent: Side; known: Side },
): string | undefined {
  const facts = listDifference(`argument or directive of ${path}:`, sent.facts, known.facts);
  if (facts) return facts;
  if (!sent.set || !known.set) return sent.set === known.set ? undefined : `${path} has fields on one side only`;
  return setDifference({ set: sent.set, fragments }, { set: known.set, fragments: knownFragments }, path);
}

/** Selections by the name that tells them apart on one level. */
function partsOf({ set, fragments }: Side): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const selection of set.selections) {
    const name = nameOf(selection);
    const spread = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : undefined;
    const inner = selection.kind === Kind.FRAGMENT_SPREAD ? spread?.selectionSet : selection.selectionSet;
    parts.set(parts.has(name) ? `${name} (again)` : name, { facts: factsOf(selection, spread), set: inner });
  }
  return parts;
}

function nameOf(selection: SelectionNode): string {
  if (selection.kind === Kind.FRAGMENT_SPREAD) return `...${selection.name.value}`;
  if (selection.kind === Kind.INLINE_FRAGMENT)
    return `... on ${selection.typeCondition?.name.value ?? 'the same type'}`;
  return selection.alias ? `${selection.alias.value}: ${selection.name.value}` : selection.name.value;
}

function factsOf(selection: SelectionNode, spread: FragmentDefinitionNode | undefined): string[] {
  const directives = (of: readonly DirectiveNode[] | undefined) => (of ?? []).map((directive) => print(directive));
  const args = selection.kind === Kind.FIELD ? (selection.arguments ?? []).map((argument) => print(argument)) : [];
  const on = spread ? [`on ${spread.typeCondition.name.value}`] : [];
  return [...args, ...directives(selection.directives), ...directives(spread?.directives), ...on];
}

function variablesOf({ variableDefinitions }: OperationDefinitionNode): string[] {
  return (variableDefinitions ?? []).map((definition) => print(definition));
}

function listDifference(what: string, sent: readonly string[], known: readonly string[]): string | undefined {
  const extra = sent.find((one) => !known.includes(one));
  const missing = known.find((one) => !sent.includes(one));
  if (extra !== undefined && missing !== undefined) return `${what} ${extra}, in the manifest ${missing}`;
  if (extra !== undefined) return `${what} ${extra} is not in the manifest`;
  if (missing !== undefined) return `${what} ${missing} of the manifest is missing`;
  return undefined;
}

function operationOf({ definitions }: DocumentNode): OperationDefinitionNode | undefined {
  return definitions.find((it: DefinitionNode): it is OperationDefinitionNode => it.kind === Kind.OPERATION_DEFINITION);
}

function fragmentsOf({ definitions }: DocumentNode): Fragments {
  return new Map(
    definitions.flatMap((it) => (it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it] as const] : [])),
  );
}

function at(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
