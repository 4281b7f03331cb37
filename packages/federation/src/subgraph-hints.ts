import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  type TypeNode,
  type UnionTypeDefinitionNode,
  type UnionTypeExtensionNode,
  valueFromASTUntyped,
} from 'graphql';

/** `@cacheControl` as it is written; seconds. */
export type CacheHint = {
  readonly maxAge?: number;
  readonly scope?: 'PUBLIC' | 'PRIVATE';
  readonly inheritMaxAge?: boolean;
};

/** A field by the types that may have it in one subgraph. */
export type HintedField = {
  readonly hint: CacheHint;
  /** The hint of the type that it returns; undefined when that has no fields. */
  readonly returned: CacheHint | undefined;
  readonly returnedType: string;
};

/** What the SDL of one subgraph says about keeping its answers. */
export type SubgraphHints = {
  hintOf(type: string): CacheHint;
  /** One for every type that `type` may be. */
  fieldsOf(type: string, field: string): readonly HintedField[];
};

/** Throws GraphQLError when the text is not SDL. */
export function readSubgraphHints(sdl: string): SubgraphHints {
  const types = new Map<string, CacheHint>();
  const fields = new Map<string, FieldDefinitionNode>();
  const members = new Map<string, string[]>();
  const addMember = (type: string, member: string) => members.set(type, [...(members.get(type) ?? []), member]);
  for (const definition of parse(sdl).definitions) {
    if (!isComposite(definition)) continue;
    const type = definition.name.value;
    types.set(type, { ...types.get(type), ...hintIn(definition.directives) });
    if ('types' in definition) {
      for (const member of definition.types ?? []) addMember(type, member.name.value);
    } else if ('fields' in definition) {
      for (const field of definition.fields ?? []) fields.set(`${type}.${field.name.value}`, field);
      for (const parent of definition.interfaces ?? []) addMember(parent.name.value, type);
    }
  }
  return {
    hintOf: (type) => types.get(type) ?? {},
    fieldsOf: (type, name) =>
      [type, ...(members.get(type) ?? [])].flatMap((owner) => {
        const field = fields.get(`${owner}.${name}`);
        if (!field) return [];
        const returnedType = namedType(field.type).name.value;
        return [{ hint: hintIn(field.directives), returned: types.get(returnedType), returnedType }];
      }),
  };
}

type Composite =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode
  | UnionTypeDefinitionNode
  | UnionTypeExtensionNode;

const compositeKinds: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_EXTENSION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_EXTENSION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.UNION_TYPE_EXTENSION,
]);

function isComposite(definition: DefinitionNode): definition is Composite {
  return compositeKinds.has(definition.kind);
}

function hintIn(directives: readonly ConstDirectiveNode[] = []): CacheHint {
  const hint = directives.find(({ name }) => name.value === 'cacheControl');
  return Object.fromEntries((hint?.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
}

function namedType(type: TypeNode): NamedTypeNode {
  return type.kind === Kind.NAMED_TYPE ? type : namedType(type.type);
}
