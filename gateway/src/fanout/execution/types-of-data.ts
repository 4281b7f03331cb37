import { isRecord } from '@nova/runtime';
import { type GraphQLSchema, isAbstractType, isInterfaceType, isObjectType } from 'graphql';

/** An object of a subgraph's answer, or of what was merged from several. */
export type Entity = { [name: string]: unknown };

export function isEntity(value: unknown): value is Entity {
  return isRecord(value);
}

/**
 * A property of its own: names come from clients and answers, and `constructor` is one that every object seems to have.
 */
export function ownValue(object: Entity, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Plain assignment would set the prototype. */
export function setOwn(object: Entity, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  else object[name] = value;
}

/** Whether objects of a type are also of another, by the types of a supergraph, those hidden from clients included. */
export type IsOfType = (typeName: string, condition: string) => boolean;

export function createIsOfType(supergraph: GraphQLSchema): IsOfType {
  return (typeName, condition) => {
    if (typeName === condition) return true;
    const type = supergraph.getType(typeName);
    const wider = supergraph.getType(condition);
    if (!isAbstractType(wider) || !(isObjectType(type) || isInterfaceType(type))) return false;
    return supergraph.isSubType(wider, type);
  };
}
