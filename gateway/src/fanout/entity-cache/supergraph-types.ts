import { createHash } from 'node:crypto';
import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';

export type FieldType = {
  /** Undefined for scalars and enums. */
  readonly composite: string | undefined;
  readonly isList: boolean;
};

/** What the cache asks of the types of a supergraph, those hidden from clients included. */
export type SupergraphTypes = {
  /** Of the supergraph's text. */
  readonly hash: string;
  readonly rootType: string | undefined;
  /** Undefined when there is no such field. */
  fieldOf(type: string, field: string): FieldType | undefined;
  /** The type itself and, of an abstract one, all objects that it may be. */
  possible(type: string): readonly string[];
  /** Whether any subgraph gives it a key. */
  isEntity(type: string): boolean;
};

export function readSupergraphTypes(schema: GraphQLSchema, text: string): SupergraphTypes {
  return {
    hash: createHash('sha256').update(text).digest('base64url'),
    rootType: schema.getQueryType()?.name,
    fieldOf(typeName, fieldName) {
      const type = schema.getType(typeName);
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[fieldName] : undefined;
      if (!field) return undefined;
      const named = getNamedType(field.type);
      return {
        composite: isCompositeType(named) ? named.name : undefined,
        isList: isListType(getNullableType(field.type)),
      };
    },
    possible(typeName) {
      const type = schema.getType(typeName);
      const others = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
      return [typeName, ...others.map(({ name }) => name)];
    },
    isEntity: (typeName) => hasKey(schema.getType(typeName)),
  };
}

function hasKey(type: GraphQLNamedType | undefined): boolean {
  return (type?.astNode?.directives ?? []).some(
    ({ name, arguments: given = [] }) =>
      name.value === 'join__type' && given.some((argument) => argument.name.value === 'key'),
  );
}
