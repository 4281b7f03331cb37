import { plannedName } from '@nova/federation';
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { createIsOfType, type Entity, type IsOfType, ownValue } from './types-of-data.ts';

/** Which fields of an object the answer has, by the object's type. */
export type ObjectShape = {
  readonly staticType: GraphQLCompositeType;
  /** Undefined when the schema has no such type that a value could be of. */
  of(typeName: string | undefined): TypedShape | undefined;
};

export type TypedShape = {
  readonly typeName: string;
  readonly isObjectType: boolean;
  readonly fields: readonly ShapeField[];
};

export type ShapeField = {
  readonly name: string;
  /** The name as JSON, with its colon. */
  readonly key: string;
  readonly read: (object: Entity) => unknown;
  /** `typename` and `introspection` are answered by the gateway itself. */
  readonly kind: 'value' | 'typename' | 'introspection';
  readonly type: ValueShape;
  readonly nodes: readonly FieldNode[];
};

export type ValueShape = {
  readonly isNonNull: boolean;
  readonly list?: ValueShape;
  readonly object?: ObjectShape;
  /** Whether a value may stand for a leaf type. */
  readonly isLeaf?: (value: unknown) => boolean;
};

export type ShapeInput = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The values of the variables that @skip and @include look at, defaults included. */
  readonly conditions: Readonly<Record<string, unknown>>;
};

export type ResponseShape = {
  readonly root: TypedShape;
  /** Of all types that have occurred so far. */
  fields(): number;
};

/** The shape of an operation's answer. Types that occur are looked at when they do. */
export function responseShape(input: ShapeInput): ResponseShape {
  const { schema, document, operation } = input;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const rootType = schema.getRootType(operation.operation);
  if (!rootType) throw new Error(`The schema has no root type for a ${operation.operation}.`);
  const count = { fields: 0 };
  const context = { ...input, fragments, isOfType: createIsOfType(schema), count };
  const shape = objectShape(rootType, [operation.selectionSet], context);
  return { root: shape.of(rootType.name) as TypedShape, fields: () => count.fields };
}

type Context = ShapeInput & {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly isOfType: IsOfType;
  readonly count: { fields: number };
};

function objectShape(
  staticType: GraphQLCompositeType,
  sets: readonly SelectionSetNode[],
  context: Context,
): ObjectShape {
  const byName = new Map<string, TypedShape>();
  return {
    staticType,
    of(typeName = staticType.name) {
      const known = byName.get(typeName);
      if (known) return known;
      const type = context.schema.getType(typeName);
      if (!isCompositeType(type)) return undefined;
      const shape = typedShape(type, sets, context);
      byName.set(typeName, shape);
      return shape;
    },
  };
}

function typedShape(type: GraphQLCompositeType, sets: readonly SelectionSetNode[], context: Context): TypedShape {
  const fields = fieldNodes(type, sets, context).flatMap((nodes) => shapeField(nodes, type, context) ?? []);
  context.count.fields += fields.length;
  return { typeName: type.name, isObjectType: isObjectType(type), fields };
}

type FieldNodes = readonly [FieldNode, ...FieldNode[]];

/** What is selected of a type: the nodes of each response name, in the order in which the names come first. */
function fieldNodes(
  type: GraphQLCompositeType,
  sets: readonly SelectionSetNode[],
  { conditions, fragments, isOfType }: Context,
): FieldNodes[] {
  const nodes = new Map<string, [FieldNode, ...FieldNode[]]>();
  const collect = (selection: SelectionNode): void => {
    if (isLeftOut(selection, conditions)) return;
    if (selection.kind === Kind.FIELD) {
      const name = responseName(selection);
      const known = nodes.get(name);
      if (known) known.push(selection);
      else nodes.set(name, [selection]);
      return;
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
    const condition = fragment?.typeCondition?.name.value;
    if (fragment && (condition === undefined || isOfType(type.name, condition)))
      fragment.selectionSet.selections.forEach(collect);
  };
  for (const set of sets) set.selections.forEach(collect);
  return [...nodes.values()];
}

function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function isLeftOut({ directives = [] }: SelectionNode, conditions: Readonly<Record<string, unknown>>): boolean {
  return directives.some(({ name: { value: name }, arguments: given = [] }) => {
    if (name !== 'skip' && name !== 'include') return false;
    const value = given.find((argument) => argument.name.value === 'if')?.value;
    const isTrue =
      value?.kind === Kind.VARIABLE ? conditions[value.name.value] : value?.kind === Kind.BOOLEAN && value.value;
    return name === 'skip' ? isTrue === true : isTrue !== true;
  });
}

const anyLeaf: ValueShape = { isNonNull: false, isLeaf: () => true };

function shapeField(nodes: FieldNodes, parent: GraphQLCompositeType, context: Context): ShapeField | undefined {
  const name = responseName(nodes[0]);
  const fieldName = nodes[0].name.value;
  // Every object seems to have the names of Object.prototype.
  const known = plannedName(nodes[0]);
  const read =
    known in Object.prototype ? (object: Entity) => ownValue(object, known) : (object: Entity) => object[known];
  const base = { name, key: `${JSON.stringify(name)}:`, read, nodes };
  if (fieldName === '__typename') return { ...base, kind: 'typename', type: anyLeaf };
  if (fieldName === '__schema' || fieldName === '__type') return { ...base, kind: 'introspection', type: anyLeaf };
  const field = 'getFields' in parent ? (parent as GraphQLObjectType).getFields()[fieldName] : undefined;
  if (!field) return undefined;
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  return { ...base, kind: 'value', type: valueShape(field.type, sets, context) };
}

function valueShape(type: GraphQLOutputType, sets: readonly SelectionSetNode[], context: Context): ValueShape {
  if (isNonNullType(type)) return { ...valueShape(type.ofType, sets, context), isNonNull: true };
  if (isListType(type)) return { isNonNull: false, list: valueShape(type.ofType, sets, context) };
  if (isCompositeType(type)) return { isNonNull: false, object: objectShape(type, sets, context) };
  if (isEnumType(type))
    return { isNonNull: false, isLeaf: (value) => typeof value === 'string' && type.getValue(value) != null };
  const isLeaf = isSpecifiedScalarType(type) ? scalars[type.name] : undefined;
  return { isNonNull: false, isLeaf: isLeaf ?? isWritable };
}

/** What JSON text can say: a number like 1e999 is read as one that it cannot. */
const isWritable = (value: unknown): boolean => typeof value !== 'number' || Number.isFinite(value);

const scalars: Readonly<Record<string, (value: unknown) => boolean>> = {
  Int: Number.isInteger,
  Float: Number.isFinite,
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ID: (value) => typeof value === 'string' || Number.isInteger(value),
};
