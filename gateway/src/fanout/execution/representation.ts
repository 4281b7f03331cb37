import type { QueryPlanSelectionNode, RequiredSelection } from '@nova/federation';
import { mergeInto } from './merge.ts';
import { type Entity, type IsOfType, isEntity, ownValue, setOwn } from './types-of-data.ts';

/** What a subgraph is told of an entity to find it, as JSON; null when something of it is not known. */
export type Represent = (entity: Entity) => string | null;

export function compileRepresentation(selections: readonly QueryPlanSelectionNode[], isOfType: IsOfType): Represent {
  const byType = new Map<unknown, Represent>();
  return (entity) => {
    const typeName = entity.__typename;
    let represent = byType.get(typeName);
    if (!represent) {
      represent = plainFields(selections, typeName, isOfType) ?? whole(selections, isOfType);
      // Types are those of the schema, unless a subgraph makes some up.
      if (byType.size < maxTypes) byType.set(typeName, represent);
    }
    return represent(entity);
  };
}

const maxTypes = 1_000;

/** The common case, put together without an object in between: the fields of one fragment, none of them an object. */
function plainFields(
  selections: readonly RequiredSelection[],
  typeName: unknown,
  isOfType: IsOfType,
): Represent | undefined {
  if (typeof typeName !== 'string') return undefined;
  const fitting = selections.filter(
    (selection) =>
      selection.kind === 'Field' ||
      (selection.typeCondition !== undefined && isOfType(typeName, selection.typeCondition)),
  );
  const [fragment, ...others] = fitting;
  if (fragment?.kind !== 'InlineFragment' || others.length > 0) return undefined;
  const fields: Array<{ readonly name: string; readonly key: string }> = [];
  for (const [at, field] of fragment.selections.entries()) {
    if (field.kind !== 'Field' || field.selections) return undefined;
    const name = field.alias ?? field.name;
    const { sentAs = name } = field as RequiredSelection & { kind: 'Field' };
    fields.push({ name, key: `${at === 0 ? '{' : ','}${JSON.stringify(sentAs)}:` });
  }
  if (fields.length === 0 || fields.some(({ name }) => name in Object.prototype)) return undefined;
  return (entity) => {
    let text = '';
    for (let at = 0; at < fields.length; at += 1) {
      const { name, key } = fields[at] as (typeof fields)[number];
      const value = entity[name];
      if (value === undefined) return null;
      text += key + JSON.stringify(value);
    }
    return `${text}}`;
  };
}

function whole(selections: readonly RequiredSelection[], isOfType: IsOfType): Represent {
  const build = compileSelections(selections, isOfType);
  return (entity) => {
    const representation = build(entity);
    return representation && JSON.stringify(representation);
  };
}

type Build = (entity: Entity) => Entity | null;

function compileSelections(selections: readonly RequiredSelection[], isOfType: IsOfType): Build {
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
    const nested = selection.selections && compileSelections(selection.selections, isOfType);
    return (entity, result) => {
      const value = ownValue(entity, name);
      if (value === undefined) return false;
      setOwn(result, sentAs, nested ? represented(value, nested) : value);
      return true;
    };
  }
  const { typeCondition } = selection;
  const nested = compileSelections(selection.selections, isOfType);
  return (entity, result) => {
    const typeName = entity.__typename;
    if (typeCondition === undefined || typeof typeName !== 'string' || !isOfType(typeName, typeCondition)) return true;
    const part = nested(entity);
    if (part) mergeInto(result, part);
    return true;
  };
}

function represented(value: unknown, nested: Build): unknown {
  if (Array.isArray(value)) return value.map((element) => represented(element, nested));
  return isEntity(value) ? nested(value) : value;
}
