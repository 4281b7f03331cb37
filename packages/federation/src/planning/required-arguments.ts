import {
  type ArgumentNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * Required fields that take arguments. The planner knows a field by its response name alone and takes `price(currency: "USD")`
 * and `price(currency: "EUR")` for one; the arguments of one of them win, in silence. So each such field gets a stand-in
 * without arguments, `_r0_price`, which plans then turn back: it is asked for as `_r0_price: price(currency: "USD")` and
 * sent as `price`.
 */
export type StandIns = {
  readonly supergraph: DocumentNode;
  /** By name. */
  readonly byName: ReadonlyMap<string, StandIn>;
  /** Names that a field of a subgraph requires, by `requiredKey`. */
  readonly requiredBy: ReadonlyMap<string, readonly string[]>;
};

export type StandIn = { readonly field: string; readonly args: readonly ArgumentNode[] };

type TypeNode = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

export function requiredKey(subgraph: string, typeName: string, field: string): string {
  return `${subgraph} ${typeName}.${field}`;
}

/** Undefined when no field requires another that takes arguments. */
export function withStandIns(supergraph: DocumentNode): StandIns | undefined {
  const types = new Map(supergraph.definitions.filter(isFieldsType).map((type) => [type.name.value, type]));
  const maker = createMaker(types);
  const subgraphNames = namesOfGraphs(supergraph);
  const requiredBy = new Map<string, readonly string[]>();
  const rewritten = new Map<string, TypeNode>();
  for (const type of types.values()) {
    const fields = (type.fields ?? []).map((field) => {
      const directives = (field.directives ?? []).map((directive) => {
        const requires = stringArgument(directive, 'requires');
        if (directive.name.value !== 'join__field' || requires === undefined) return directive;
        const used: string[] = [];
        const text = maker.replace(requires, type.name.value, used);
        if (used.length === 0) return directive;
        const graph = enumArgument(directive, 'graph') ?? '';
        requiredBy.set(requiredKey(subgraphNames.get(graph) ?? graph, type.name.value, field.name.value), used);
        return withArgument(directive, 'requires', text);
      });
      return { ...field, directives };
    });
    rewritten.set(type.name.value, { ...type, fields });
  }
  if (requiredBy.size === 0) return undefined;
  const definitions = supergraph.definitions.map((definition) => {
    const type = isFieldsType(definition) ? rewritten.get(definition.name.value) : undefined;
    return type ? { ...type, fields: [...(type.fields ?? []), ...maker.fieldsFor(type.name.value)] } : definition;
  });
  return { supergraph: { ...supergraph, definitions }, byName: maker.byName, requiredBy };
}

/** Makes stand-ins as they are met, one for a name with its arguments, and says which fields each type gets. */
function createMaker(types: ReadonlyMap<string, TypeNode>) {
  const byName = new Map<string, StandIn>();
  const names = new Map<string, string>();
  const fields = new Map<string, Map<string, FieldDefinitionNode>>();

  const taken = new Set([...types.values()].flatMap(({ fields = [] }) => fields.map(({ name }) => name.value)));
  const freeName = (field: string): string => {
    let name = `_r${names.size}_${field}`;
    while (taken.has(name)) name += '_';
    return name;
  };

  const add = (typeName: string, name: string, field: string): void => {
    const type = types.get(typeName);
    const real = type?.fields?.find((it) => it.name.value === field);
    if (!type || !real) return;
    const own = fields.get(typeName) ?? new Map<string, FieldDefinitionNode>();
    fields.set(typeName, own);
    if (own.has(name)) return;
    own.set(name, { ...real, name: { kind: Kind.NAME, value: name }, arguments: [] });
    if (type.kind !== Kind.INTERFACE_TYPE_DEFINITION) return;
    for (const other of types.values())
      if (other.interfaces?.some((it) => it.name.value === typeName)) add(other.name.value, name, field);
  };

  const standInFor = (typeName: string, { name: { value: field }, arguments: args = [] }: FieldNode): string => {
    const key = `${field}(${args.map(print).sort().join(', ')})`;
    const name = names.get(key) ?? freeName(field);
    names.set(key, name);
    byName.set(name, { field, args });
    add(typeName, name, field);
    return name;
  };

  const replaceSet = (set: SelectionSetNode, typeName: string, used: string[]): SelectionSetNode => ({
    ...set,
    selections: set.selections.map((selection) => replaceSelection(selection, typeName, used)),
  });

  const replaceSelection = (selection: SelectionNode, typeName: string, used: string[]): SelectionNode => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const inner = selection.typeCondition?.name.value ?? typeName;
      return { ...selection, selectionSet: replaceSet(selection.selectionSet, inner, used) };
    }
    const field = types.get(typeName)?.fields?.find((it) => it.name.value === selection.name.value);
    const inner = field ? namedType(field) : '';
    const selectionSet = selection.selectionSet && replaceSet(selection.selectionSet, inner, used);
    // Without arguments here the client can still give some.
    if (!field?.arguments?.length) return { ...selection, selectionSet };
    const name = standInFor(typeName, selection);
    used.push(name);
    return { ...selection, name: { kind: Kind.NAME, value: name }, arguments: [], selectionSet };
  };

  return {
    byName,
    fieldsFor: (typeName: string) => [...(fields.get(typeName)?.values() ?? [])],
    /** The text of a `requires` with stand-ins, whose names are added to `used`. */
    replace(requires: string, typeName: string, used: string[]): string {
      const [operation] = parse(`{${requires}}`, { noLocation: true }).definitions;
      if (operation?.kind !== Kind.OPERATION_DEFINITION) return requires;
      const text = print(replaceSet(operation.selectionSet, typeName, used));
      return text.slice(1, -1).replace(/\s+/g, ' ').trim();
    },
  };
}

function isFieldsType(definition: DocumentNode['definitions'][number]): definition is TypeNode {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

/** Names of subgraphs by their values of the enum join__Graph. */
export function namesOfGraphs({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  const graphs = definitions.find(
    (definition) => definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph',
  );
  const values = graphs?.kind === Kind.ENUM_TYPE_DEFINITION ? (graphs.values ?? []) : [];
  return new Map(
    values.map(({ name, directives = [] }) => {
      const graph = directives.find((it) => it.name.value === 'join__graph');
      return [name.value, (graph && stringArgument(graph, 'name')) ?? name.value];
    }),
  );
}

function stringArgument({ arguments: args = [] }: ConstDirectiveNode, name: string): string | undefined {
  const value = args.find((it) => it.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function enumArgument({ arguments: args = [] }: ConstDirectiveNode, name: string): string | undefined {
  const value = args.find((it) => it.name.value === name)?.value;
  return value?.kind === Kind.ENUM ? value.value : undefined;
}

function withArgument(directive: ConstDirectiveNode, name: string, value: string): ConstDirectiveNode {
  return {
    ...directive,
    arguments: directive.arguments?.map((it) =>
      it.name.value === name ? { ...it, value: { kind: Kind.STRING, value } } : it,
    ),
  };
}

function namedType({ type }: FieldDefinitionNode): string {
  let named = type;
  while (named.kind !== Kind.NAMED_TYPE) named = named.type;
  return named.name.value;
}
