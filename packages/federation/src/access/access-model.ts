import { type DefinitionNode, type DocumentNode, type FieldDefinitionNode, Kind, type TypeNode } from 'graphql';
import { accessDirectiveReader } from './access-directives.ts';
import { type AccessRequirement, allOf } from './access-requirement.ts';

export type AccessModel = {
  /**
   * What selecting a field of an object or interface type asks for: by the field, its type, what it returns; of an
   * interface, what every object type behind it asks for. Undefined when it is for anybody.
   */
  requirementOf(typeName: string, fieldName: string): AccessRequirement | undefined;
};

type FieldAccess = { readonly asks: AccessRequirement | undefined; readonly returns: string };

type TypeAccess = {
  asks: AccessRequirement | undefined;
  isInterface: boolean;
  readonly interfaces: Set<string>;
  readonly fields: Map<string, FieldAccess>;
};

/**
 * Reads `@authenticated` and `@requiresScopes`. In a subgraph what stands at an interface holds for the types behind it. In a
 * supergraph it is the sum of what those types ask for, which composition wrote there, and says nothing of one of them.
 */
export function readAccessModel(sdl: DocumentNode, kind: 'subgraph' | 'supergraph'): AccessModel {
  const types = readTypes(sdl);
  const implementers = new Map<string, string[]>();
  for (const [name, { interfaces, isInterface }] of types)
    for (const parent of isInterface ? [] : interfaces)
      implementers.set(parent, [...(implementers.get(parent) ?? []), name]);

  const interfacesOf = (name: string) => (kind === 'subgraph' ? [...(types.get(name)?.interfaces ?? [])] : []);
  const ofType = (name: string) => allOf([name, ...interfacesOf(name)].map((each) => types.get(each)?.asks));
  const onObject = (typeName: string, fieldName: string) => {
    const returned = types.get(typeName)?.fields.get(fieldName)?.returns;
    const declarations = [typeName, ...interfacesOf(typeName)];
    return allOf([
      ...declarations.map((name) => types.get(name)?.fields.get(fieldName)?.asks),
      ofType(typeName),
      returned === undefined ? undefined : ofType(returned),
    ]);
  };
  const remembered = new Map<string, AccessRequirement | undefined>();
  return {
    requirementOf(typeName, fieldName) {
      const declared = types.get(typeName)?.fields.has(fieldName);
      if (!declared && fieldName !== '__typename') return undefined;
      const key = `${typeName}.${fieldName}`;
      if (!remembered.has(key)) {
        const owners = [typeName, ...(implementers.get(typeName) ?? [])];
        remembered.set(key, allOf(owners.map((owner) => onObject(owner, fieldName))));
      }
      return remembered.get(key);
    },
  };
}

function readTypes(sdl: DocumentNode): Map<string, TypeAccess> {
  const read = accessDirectiveReader(sdl);
  const types = new Map<string, TypeAccess>();
  for (const definition of sdl.definitions) {
    if (!mayAsk(definition)) continue;
    const name = definition.name.value;
    const type = types.get(name) ?? { asks: undefined, isInterface: false, interfaces: new Set(), fields: new Map() };
    types.set(name, type);
    type.asks = allOf([type.asks, read(definition.directives)]);
    if (!('fields' in definition)) continue;
    type.isInterface = isInterface(definition);
    for (const parent of definition.interfaces ?? []) type.interfaces.add(parent.name.value);
    for (const field of definition.fields ?? []) type.fields.set(field.name.value, fieldAccess(field, read));
  }
  return types;
}

function fieldAccess(field: FieldDefinitionNode, read: ReturnType<typeof accessDirectiveReader>): FieldAccess {
  return { asks: read(field.directives), returns: namedType(field.type) };
}

/** Where the directives may stand, besides fields. */
function mayAsk(definition: DefinitionNode) {
  return (
    definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
    definition.kind === Kind.OBJECT_TYPE_EXTENSION ||
    definition.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    definition.kind === Kind.INTERFACE_TYPE_EXTENSION ||
    definition.kind === Kind.SCALAR_TYPE_DEFINITION ||
    definition.kind === Kind.SCALAR_TYPE_EXTENSION ||
    definition.kind === Kind.ENUM_TYPE_DEFINITION ||
    definition.kind === Kind.ENUM_TYPE_EXTENSION
  );
}

function isInterface({ kind }: DefinitionNode): boolean {
  return kind === Kind.INTERFACE_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_EXTENSION;
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
