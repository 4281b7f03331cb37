import type { FetchCondition, RequiredSelection } from '@nova/federation';
import { mergeInto } from './merge.ts';
import { type Entity, type IsOfType, isEntity, ownValue, setOwn } from './types-of-data.ts';

/**
 * What a subgraph is told of an entity to find it, as JSON; null when something of it is not known that the fields need which
 * are included by the conditions' values.
 */
export type Represent = (entity: Entity, conditions: Conditions) => string | null;

type Conditions = Readonly<Record<string, unknown>>;

export function compileRepresentation(selections: readonly RequiredSelection[], isOfType: IsOfType): Represent {
  const byType = new Map<unknown, Represent>();
  return (entity, conditions) => {
    const typeName = entity.__typename;
    let represent = byType.get(typeName);
    if (!represent) {
      represent = plainFields(selections, typeName, isOfType) ?? whole(selections, isOfType);
      // Types are those of the schema, unless a subgraph makes some up.
      if (byType.size < maxTypes) byType.set(typeName, represent);
    }
    return represent(entity, conditions);
  };
}

const maxTypes = 1_000;

/** The common case, put together without an object in between: the fields of one fragment, none an object or conditional. */
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
    if (field.kind !== 'Field' || field.selections || field.neededBy) return undefined;
    const name = field.alias ?? field.name;
    const { sentAs = name } = field;
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
  return (entity, conditions) => {
    const representation = build(entity, conditions);
    return representation && JSON.stringify(representation);
  };
}

type Build = (entity: Entity, conditions: Conditions) => Entity | null;

function compileSelections(selections: readonly RequiredSelection[], isOfType: IsOfType): Build {
  const parts = selections.map((selection) => compileSelection(selection, isOfType));
  return (entity, conditions) => {
    const result: Entity = {};
    const known = { entity, conditions };
    for (const part of parts) if (!part(known, result)) return null;
    return result;
  };
}

/** Adds its part to a representation; false when the entity lacks it. */
type Part = (known: { readonly entity: Entity; readonly conditions: Conditions }, result: Entity) => boolean;

function compileSelection(selection: RequiredSelection, isOfType: IsOfType): Part {
  if (selection.kind === 'Field') {
    const name = selection.alias ?? selection.name;
    const { sentAs = name, neededBy } = selection;
    const nested = selection.selections && compileSelections(selection.selections, isOfType);
    return ({ entity, conditions }, result) => {
      const value = ownValue(entity, name);
      if (value === undefined) return neededBy !== undefined && !neededBy.some((all) => areMet(all, conditions));
      setOwn(result, sentAs, nested ? represented(value, (inner) => nested(inner, conditions)) : value);
      return true;
    };
  }
  const { typeCondition } = selection;
  const nested = compileSelections(selection.selections, isOfType);
  return ({ entity, conditions }, result) => {
    const typeName = entity.__typename;
    if (typeCondition === undefined || typeof typeName !== 'string' || !isOfType(typeName, typeCondition)) return true;
    const part = nested(entity, conditions);
    if (part) mergeInto(result, part);
    return true;
  };
}

function areMet(all: readonly FetchCondition[], conditions: Conditions): boolean {
  return all.every(({ variable, isTrue }) => (conditions[variable] === true) === isTrue);
}

function represented(value: unknown, nested: (entity: Entity) => Entity | null): unknown {
  if (Array.isArray(value)) return value.map((element) => represented(element, nested));
  return isEntity(value) ? nested(value) : value;
}
