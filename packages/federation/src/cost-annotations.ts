import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputObjectTypeDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { costDirectiveNames } from './cost-directives.ts';
import { directiveArguments } from './linked-directives.ts';

/** `@listSize` of one field. */
export type ListSize = {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  readonly sizedFields: readonly string[];
};

/** Everything the schema's owners say about cost, by name. */
export type CostAnnotations = {
  /** By type name, for fields that return the type. */
  readonly typeWeights: ReadonlyMap<string, number>;
  /** By `Type.field`, of output and of input fields. */
  readonly fieldWeights: ReadonlyMap<string, number>;
  /** By `Type.field.argument`. */
  readonly argumentWeights: ReadonlyMap<string, number>;
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
  /** `Type.field` of lists whose length is the size given to the field that returns `Type`. */
  readonly sizedByParent: ReadonlySet<string>;
  /** Types that have such lists. */
  readonly sizedTypes: ReadonlySet<string>;
  /** Object types by interface. */
  readonly implementers: ReadonlyMap<string, readonly string[]>;
};

export function readCostAnnotations(supergraph: DocumentNode): CostAnnotations {
  const names = costDirectiveNames(supergraph);
  const read = {
    typeWeights: new Map<string, number>(),
    fieldWeights: new Map<string, number>(),
    argumentWeights: new Map<string, number>(),
    listSizes: new Map<string, ListSize>(),
    sizedByParent: new Set<string>(),
    sizedTypes: new Set<string>(),
    implementers: new Map<string, string[]>(),
  };
  const weigh = (into: Map<string, number>, key: string, directives: readonly ConstDirectiveNode[] | undefined) => {
    const weight = directives?.find(({ name }) => name.value === names?.cost);
    if (weight) into.set(key, Number(directiveArguments(weight).weight));
  };
  const readField = (type: string, field: FieldDefinitionNode) => {
    const key = `${type}.${field.name.value}`;
    weigh(read.fieldWeights, key, field.directives);
    for (const argument of field.arguments ?? [])
      weigh(read.argumentWeights, `${key}.${argument.name.value}`, argument.directives);
    const listSize = field.directives?.find(({ name }) => name.value === names?.listSize);
    if (!listSize) return;
    const size = toListSize(directiveArguments(listSize));
    read.listSizes.set(key, size);
    const returned = namedType(field.type);
    for (const sized of size.sizedFields) {
      read.sizedByParent.add(`${returned}.${sized}`);
      read.sizedTypes.add(returned);
    }
  };
  for (const definition of supergraph.definitions) {
    if (isCompositeDefinition(definition)) {
      weigh(read.typeWeights, definition.name.value, definition.directives);
      for (const field of definition.fields ?? []) readField(definition.name.value, field);
      for (const parent of definition.interfaces ?? [])
        read.implementers.set(parent.name.value, [
          ...(read.implementers.get(parent.name.value) ?? []),
          definition.name.value,
        ]);
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      readInputFields(definition, (key, directives) => weigh(read.fieldWeights, key, directives));
    } else if (
      definition.kind === Kind.SCALAR_TYPE_DEFINITION ||
      definition.kind === Kind.ENUM_TYPE_DEFINITION ||
      definition.kind === Kind.UNION_TYPE_DEFINITION
    ) {
      weigh(read.typeWeights, definition.name.value, definition.directives);
    }
  }
  return read;
}

function isCompositeDefinition(
  definition: DocumentNode['definitions'][number],
): definition is ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

function readInputFields(
  definition: InputObjectTypeDefinitionNode,
  weigh: (key: string, directives: readonly ConstDirectiveNode[] | undefined) => void,
): void {
  for (const field of definition.fields ?? []) weigh(`${definition.name.value}.${field.name.value}`, field.directives);
}

function toListSize(args: Record<string, unknown>): ListSize {
  return {
    assumedSize: typeof args.assumedSize === 'number' ? args.assumedSize : undefined,
    slicingArguments: strings(args.slicingArguments),
    sizedFields: strings(args.sizedFields),
  };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}
