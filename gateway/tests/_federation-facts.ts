import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  type InterfaceTypeDefinitionNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';

export type SubgraphSdl = { readonly name: string; readonly sdl: string };

type TypeNode = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;
type SubgraphTypes = {
  readonly name: string;
  readonly types: ReadonlyMap<string, TypeNode>;
  readonly unions: ReadonlyMap<string, readonly string[]>;
};

/** What the directives of a federation's subgraphs say. */
export type FederationFacts = ReturnType<typeof readFacts>;

export function readFacts(sources: readonly SubgraphSdl[], supergraph: GraphQLSchema) {
  const subgraphs = sources.map(typesOf);
  const typeNamed = (subgraph: string, typeName: string) =>
    subgraphs.find(({ name }) => name === subgraph)?.types.get(typeName);
  const implementers = (typeName: string): string[] => {
    const type = supergraph.getType(typeName);
    if (isObjectType(type)) return [typeName];
    return isAbstractType(type) ? supergraph.getPossibleTypes(type).map(({ name }) => name) : [];
  };
  const { isOverridden, definers } = createDefiners(subgraphs, supergraph);
  const keysIn = (subgraph: string, typeName: string): SelectionSetNode[] => keysOf(typeNamed(subgraph, typeName));
  const isEntity = (typeName: string) => isEntityIn(subgraphs, typeName);
  const marks = markSelections(subgraphs, supergraph, implementers);

  const possibleIn = (subgraph: SubgraphTypes, typeName: string): string[] => {
    const members = subgraph.unions.get(typeName);
    if (members) return [...members];
    const type = subgraph.types.get(typeName);
    if (type?.kind !== Kind.INTERFACE_TYPE_DEFINITION) return implementers(typeName);
    return [...subgraph.types.values()]
      .filter(
        (it) => it.kind === Kind.OBJECT_TYPE_DEFINITION && it.interfaces?.some(({ name }) => name.value === typeName),
      )
      .map(({ name }) => name.value);
  };

  const mayLose = createMayLose(subgraphs, supergraph, marks);

  return {
    isRoot: (typeName: string) => typeName === 'Query' || typeName === 'Mutation',
    isEntity,
    isOverridden,
    keysIn,
    mayLose,
    concrete: implementers,
    isKey: (typeName: string, field: string) => marks.topOfKeys.has(`${typeName}.${field}`),
    isInKey: (typeName: string, field: string) => marks.inKeys.has(`${typeName}.${field}`),
    isCalm: (typeName: string, field: string) =>
      marks.inKeys.has(`${typeName}.${field}`) ||
      marks.used.has(`${typeName}.${field}`) ||
      marks.calmTypes.has(typeName),
    ownerType: (typeName: string, field: string) =>
      ['Query', 'Mutation'].includes(typeName) ? typeName : definers(typeName, field).owner,
    /** Subgraphs that make the field null for entities they do not know. */
    lostFields: (typeName: string, field: string) =>
      isEntity(typeName) ? definers(typeName, field).names.filter((name) => mayLose(name, typeName)) : [],
    /** Types of the objects that all subgraphs which have the field could say. */
    possible(typeName: string, field: string): string[] {
      const { owner, names } = definers(typeName, field);
      const sets = subgraphs
        .filter(({ name }) => names.includes(name))
        .map((subgraph) => possibleIn(subgraph, namedTypeOf(fieldIn(subgraph, owner, field))));
      return (sets[0] ?? []).filter((name) => sets.every((set) => set.includes(name)));
    },
    requires(typeName: string, field: string): SelectionSetNode | undefined {
      for (const { name } of subgraphs) {
        const set = requiresOf(typeNamed(name, typeName), field);
        if (set) return set;
      }
      return undefined;
    },
    requiresIn: (subgraph: string, typeName: string, field: string) => requiresOf(typeNamed(subgraph, typeName), field),
    isOfType: (typeName: string, condition: string) => implementers(condition).includes(typeName),
  };
}

function createDefiners(subgraphs: readonly SubgraphTypes[], supergraph: GraphQLSchema) {
  const isInterfaceObject = (typeName: string) =>
    subgraphs.some(({ types }) => has(types.get(typeName), 'interfaceObject'));
  const isOverridden = (subgraph: string, typeName: string, field: string) =>
    subgraphs.some((other) => {
      const override = directive(fieldIn(other, typeName, field), 'override');
      return override !== undefined && textArgument(override, 'from') === subgraph;
    });
  /** The type itself or the interface object that has the field, with the subgraphs that can say it. */
  const definers = (typeName: string, field: string): { readonly owner: string; readonly names: string[] } => {
    const interfaces = supergraph.getType(typeName);
    const wider = isObjectType(interfaces)
      ? interfaces
          .getInterfaces()
          .map(({ name }) => name)
          .filter(isInterfaceObject)
      : [];
    for (const owner of [typeName, ...wider]) {
      const names = subgraphs
        .filter((subgraph) => {
          const type = subgraph.types.get(owner);
          if (type?.kind !== Kind.OBJECT_TYPE_DEFINITION) return false;
          const found = fieldIn(subgraph, owner, field);
          return found && !directive(found, 'external') && !isOverridden(subgraph.name, owner, field);
        })
        .map(({ name }) => name);
      if (names.length > 0) return { owner, names };
    }
    throw new Error(`No subgraph has ${typeName}.${field}.`);
  };
  return { isOverridden, definers };
}

/** Whether a subgraph may not know an entity: the way to what other subgraphs say of it must not lead through that one. */
function createMayLose(
  subgraphs: readonly SubgraphTypes[],
  supergraph: GraphQLSchema,
  marks: ReturnType<typeof markSelections>,
): (subgraph: string, typeName: string) => boolean {
  return (subgraph, typeName) => {
    const own = subgraphs.find(({ name }) => name === subgraph)?.types.get(typeName);
    const type = supergraph.getType(typeName);
    if (!own || !isObjectType(type) || type.getInterfaces().some(({ name }) => isEntityIn(subgraphs, name)))
      return false;
    const keys = subgraphs.flatMap(({ types }) =>
      (types.get(typeName)?.directives ?? [])
        .filter(({ name }) => name.value === 'key')
        .map((key) => textArgument(key, 'fields') ?? ''),
    );
    if (new Set(keys).size !== 1 || keys[0]?.includes('{')) return false;
    return (own.fields ?? []).every(({ name: { value: field }, directives = [] }) => {
      if (marks.inKeys.has(`${typeName}.${field}`)) return true;
      if (directives.some(({ name }) => ['external', 'requires', 'override'].includes(name.value))) return false;
      if (marks.used.has(`${typeName}.${field}`)) return false;
      const all = subgraphs.filter((it) => fieldIn(it, typeName, field));
      return all.length === 1;
    });
  };
}

function isEntityIn(subgraphs: readonly SubgraphTypes[], typeName: string): boolean {
  return subgraphs.some(({ types }) => keysOf(types.get(typeName)).length > 0);
}

function fieldIn(subgraph: SubgraphTypes, typeName: string, field: string): FieldDefinitionNode | undefined {
  return subgraph.types.get(typeName)?.fields?.find((it) => it.name.value === field);
}

/** What keys, required and provided fields are made of: `used` and `inKeys` by `Type.field`. */
function markSelections(
  subgraphs: readonly SubgraphTypes[],
  supergraph: GraphQLSchema,
  implementers: (typeName: string) => string[],
) {
  const marks = {
    topOfKeys: new Set<string>(),
    inKeys: new Set<string>(),
    used: new Set<string>(),
    calmTypes: new Set<string>(),
  };
  const mark = (typeName: string, set: SelectionSetNode, into: Set<string>): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT)
        mark(selection.typeCondition?.name.value ?? typeName, selection.selectionSet, into);
      if (selection.kind !== Kind.FIELD) continue;
      const type = supergraph.getType(typeName);
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
      for (const name of implementers(typeName)) into.add(`${name}.${selection.name.value}`);
      if (!field || !selection.selectionSet) continue;
      const inner = getNamedType(field.type);
      calm(inner.name);
      mark(inner.name, selection.selectionSet, into);
    }
  };
  const calm = (typeName: string): void => {
    for (const name of implementers(typeName)) {
      if (marks.calmTypes.has(name)) continue;
      marks.calmTypes.add(name);
      const type = supergraph.getType(name);
      if (isObjectType(type))
        for (const { type: inner } of Object.values(type.getFields()))
          if (isCompositeType(getNamedType(inner))) calm(getNamedType(inner).name);
    }
  };
  for (const { types } of subgraphs)
    for (const type of types.values()) {
      const typeName = type.name.value;
      for (const key of keysOf(type, true)) {
        for (const name of implementers(typeName))
          for (const selection of key.selections)
            if (selection.kind === Kind.FIELD) marks.topOfKeys.add(`${name}.${selection.name.value}`);
        mark(typeName, key, marks.inKeys);
      }
      for (const field of type.fields ?? []) {
        const required = requiresOf(type, field.name.value);
        if (required) mark(typeName, required, marks.used);
        const provided = textArgument(directive(field, 'provides'), 'fields');
        if (provided !== undefined) mark(namedTypeOf(field), selectionsOf(provided), marks.used);
      }
    }
  return marks;
}

function typesOf({ name, sdl }: SubgraphSdl): SubgraphTypes {
  const types = new Map<string, TypeNode>();
  const unions = new Map<string, string[]>();
  for (const definition of parse(sdl, { noLocation: true }).definitions)
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION)
      types.set(definition.name.value, definition);
    else if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      unions.set(
        definition.name.value,
        (definition.types ?? []).map((type) => type.name.value),
      );
  return { name, types, unions };
}

type Directed = { readonly directives?: readonly ConstDirectiveNode[] } | undefined;

function directive(node: Directed, name: string): ConstDirectiveNode | undefined {
  return node?.directives?.find((it) => it.name.value === name);
}

function has(node: Directed, name: string): boolean {
  return directive(node, name) !== undefined;
}

function textArgument(node: ConstDirectiveNode | undefined, name: string): string | undefined {
  const value = node?.arguments?.find((it) => it.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function keysOf(type: TypeNode | undefined, withUnresolvable = false): SelectionSetNode[] {
  const isResolvable = ({ arguments: args = [] }: ConstDirectiveNode) =>
    !args.some(({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value);
  return (type?.directives ?? [])
    .filter((it) => it.name.value === 'key' && (withUnresolvable || isResolvable(it)))
    .map((it) => selectionsOf(textArgument(it, 'fields') ?? ''));
}

function requiresOf(type: TypeNode | undefined, field: string): SelectionSetNode | undefined {
  const node = type?.fields?.find((it) => it.name.value === field);
  const text = textArgument(directive(node, 'requires'), 'fields');
  return text === undefined ? undefined : selectionsOf(text);
}

function selectionsOf(text: string): SelectionSetNode {
  const [operation] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`No selections: ${text}`);
  return operation.selectionSet;
}

function namedTypeOf(field: FieldDefinitionNode | undefined): string {
  let type = field?.type;
  while (type && type.kind !== Kind.NAMED_TYPE) type = type.type;
  return type?.name.value ?? '';
}
