import { type GraphQLSchema, getArgumentValues, isObjectType, Kind, type SelectionSetNode } from 'graphql';
import type { DataObject } from './_federation-data.ts';

type Plain = Record<string, unknown>;

/** What a selection set of a directive (`@key`, `@requires`) says of an object, as JSON. */
export type Read = (object: DataObject, set: SelectionSetNode) => Plain;

export function readSelections(
  schema: GraphQLSchema,
  dataOf: (of: { object: DataObject; field: string; args: Plain }) => unknown,
): Read {
  const readValue = (value: unknown, set: SelectionSetNode | undefined): unknown => {
    if (Array.isArray(value)) return value.map((element) => readValue(element, set));
    return set && value !== null ? read(value as DataObject, set) : value;
  };
  const read: Read = (object, set) => {
    const result: Plain = {};
    for (const selection of set.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        if (condition === undefined || condition === object.type)
          Object.assign(result, read(object, selection.selectionSet));
        continue;
      }
      const field = selection.name.value;
      const type = schema.getType(object.type);
      const definition = isObjectType(type) ? type.getFields()[field] : undefined;
      if (!definition) throw new Error(`There is no ${object.type}.${field}.`);
      const args = getArgumentValues(definition, selection);
      result[field] = readValue(dataOf({ object, field, args }), selection.selectionSet);
    }
    return result;
  };
  return read;
}

/** The same of what a subgraph received. */
export function pickFrom(
  received: Readonly<Plain>,
  set: SelectionSetNode,
  isOfType: (typeName: string, condition: string) => boolean,
): Plain {
  const pickValue = (value: unknown, inner: SelectionSetNode | undefined): unknown => {
    if (Array.isArray(value)) return value.map((element) => pickValue(element, inner));
    if (value === undefined) return 'missing';
    return inner && value !== null ? pickFrom(value as Plain, inner, isOfType) : value;
  };
  const result: Plain = {};
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value;
      if (condition === undefined || isOfType(String(received.__typename), condition))
        Object.assign(result, pickFrom(received, selection.selectionSet, isOfType));
    } else result[selection.name.value] = pickValue(received[selection.name.value], selection.selectionSet);
  }
  return result;
}
