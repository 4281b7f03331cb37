import type { QueryPlanSelectionNode, RequiredSelection } from '@nova/federation';
import { mergeInto } from './merge.ts';
import { type Entity, type IsOfType, isEntity, ownValue, setOwn } from './types-of-data.ts';

/** What a subgraph is told of an entity to find it; null when something of it is not known. */
export type Represent = (entity: Entity) => Entity | null;

export function compileRepresentation(selections: readonly QueryPlanSelectionNode[], isOfType: IsOfType): Represent {
  const parts = selections.map((selection) => compileSelection(selection, isOfType));
  return (entity) => {
    const result: Entity = {};
    for (const part of parts) if (!part(entity, result)) return null;
    return result;
  };
}

/** Adds its part to a representation; false when the entity lacks it. */
type Part = (entity: Entity, result: Entity) => boolean;

function compileSelection(selection: RequiredSelection, isOfType: IsOfType): Part {
  if (selection.kind === 'Field') {
    const name = selection.alias ?? selection.name;
    const { sentAs = name } = selection;
    const nested = selection.selections && compileRepresentation(selection.selections, isOfType);
    return (entity, result) => {
      const value = ownValue(entity, name);
      if (value === undefined) return false;
      setOwn(result, sentAs, nested ? represented(value, nested) : value);
      return true;
    };
  }
  const { typeCondition } = selection;
  const nested = compileRepresentation(selection.selections, isOfType);
  return (entity, result) => {
    const typeName = entity.__typename;
    if (typeCondition === undefined || typeof typeName !== 'string' || !isOfType(typeName, typeCondition)) return true;
    const part = nested(entity);
    if (part) mergeInto(result, part);
    return true;
  };
}

function represented(value: unknown, nested: Represent): unknown {
  if (Array.isArray(value)) return value.map((element) => represented(element, nested));
  return isEntity(value) ? nested(value) : value;
}
