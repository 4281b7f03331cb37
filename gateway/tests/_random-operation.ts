import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  parse,
  validate,
} from 'graphql';
import type { Dice } from './hostile/dice.ts';

export type RandomOperation = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> };

const deepest = 5;
/** Keys, names of other fields, of what plans add, and of what every object seems to have. */
const aliases = [
  'id',
  'name',
  'code',
  'x',
  '__typename',
  '_e0',
  '_entities',
  'constructor',
  '__proto__',
  'owner',
  'price',
  'a',
  '_r0_price',
];

/** A valid operation over a schema; undefined when the draw was not valid. */
export function generateOperation(schema: GraphQLSchema, dice: Dice): RandomOperation | undefined {
  const writer = createWriter(schema, dice);
  const { chance, integer } = dice;
  const root = schema.getQueryType();
  if (!root) return undefined;
  const body = writer.selectionSet(root, chance(90) ? deepest : 3, { place: '', under: '' });
  const fragments: string[] = [];
  for (let at = 0; at < writer.fragments.length && at < 6; at += 1) {
    const { name, type, levels } = writer.fragments[at] as (typeof writer.fragments)[number];
    fragments.push(
      `fragment ${name} on ${type.name} ${writer.selectionSet(type, Math.min(levels, integer(0, 2)), { place: name, under: '' })}`,
    );
  }
  const declared = [...writer.declarations.values()];
  const query = [`query A${declared.length > 0 ? `(${declared.join(', ')})` : ''} ${body}`, ...fragments].join('\n');
  try {
    return validate(schema, parse(query)).length === 0 ? { query, variables: writer.variables } : undefined;
  } catch {
    return undefined;
  }
}

/** Writes arguments and conditions, and notes the variables that they refer to. */
function createInputWriter({ chance, pick, integer }: Dice) {
  const variables: Record<string, unknown> = {};
  const declarations = new Map<string, string>();
  const json = (type: GraphQLInputType, levels = 2): unknown => {
    if (!isNonNullType(type) && chance(15)) return null;
    const nullable = getNullableType(type);
    if (isListType(nullable)) return Array.from({ length: integer(0, 2) }, () => json(nullable.ofType, levels - 1));
    if (isEnumType(nullable)) return pick(nullable.getValues().map(({ name }) => name));
    if (isInputObjectType(nullable))
      return Object.fromEntries(
        Object.values(nullable.getFields())
          .filter((field) => chance(50) && (levels > 0 || !isInputObjectType(getNamedType(field.type))))
          .map((field) => [field.name, json(field.type, levels - 1)]),
      );
    return nullable.toString() === 'Int'
      ? integer(-3, 3)
      : nullable.toString() === 'Boolean'
        ? chance(50)
        : pick(['', 'x', '"q"\n', 'é']);
  };
  const literal = (value: unknown, type: GraphQLInputType): string => {
    const nullable = getNullableType(type);
    if (value === null || value === undefined) return 'null';
    if (isListType(nullable)) return `[${(value as unknown[]).map((it) => literal(it, nullable.ofType)).join(', ')}]`;
    if (isEnumType(nullable)) return String(value);
    if (isInputObjectType(nullable)) {
      const fields = nullable.getFields();
      return `{ ${Object.entries(value)
        .map(([name, it]) => `${name}: ${literal(it, fields[name]?.type as GraphQLInputType)}`)
        .join(', ')} }`;
    }
    return JSON.stringify(value);
  };
  const variable = (type: GraphQLInputType): string => {
    const name = `v${declarations.size}`;
    const hasDefault = chance(40);
    declarations.set(name, `$${name}: ${type}${hasDefault ? ` = ${literal(json(type), type)}` : ''}`);
    if (!(hasDefault || !isNonNullType(type)) || chance(60)) variables[name] = json(type);
    return `$${name}`;
  };
  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const given = field.args
      .filter(({ type, defaultValue }) => (isNonNullType(type) && defaultValue === undefined) || chance(50))
      .map(({ name, type }) => `${name}: ${chance(30) ? variable(type) : literal(json(type), type)}`);
    return given.length > 0 ? `(${given.join(', ')})` : '';
  };
  const conditions: string[] = [];
  const directive = (): string => {
    if (!chance(14)) return '';
    const name = pick(['include', 'skip']);
    if (chance(25)) return ` @${name}(if: ${pick(['true', 'false'])})`;
    if (conditions.length < 3 && chance(60)) {
      const condition = `c${conditions.length}`;
      const isDefault = chance(40);
      declarations.set(condition, `$${condition}: Boolean${isDefault ? ` = ${chance(50)}` : '!'}`);
      if (!isDefault || chance(50)) variables[condition] = chance(50);
      conditions.push(condition);
    }
    if (conditions.length === 0) return '';
    const other = name === 'skip' ? 'include' : 'skip';
    const second = chance(15) ? ` @${other}(if: ${pick(['true', 'false', ...conditions.map((it) => `$${it}`)])})` : '';
    return ` @${name}(if: $${pick(conditions)})${second}`;
  };
  return { argumentsOf, directive, variables, declarations };
}

/** Where in the answer, and under which conditions. */
type Place = { readonly place: string; readonly under: string };

function createWriter(schema: GraphQLSchema, dice: Dice) {
  const { chance, pick, integer } = dice;
  const { argumentsOf, directive, variables, declarations } = createInputWriter(dice);
  const fragments: Array<{ name: string; type: GraphQLNamedType; levels: number }> = [];
  /** By the place in the answer, what stands under each name. */
  const known = new Map<string, Map<string, string>>();

  /** A name that is free at the place, or that stands for the same. */
  const responseName = (place: string, field: string, meaning: string): string => {
    const names = known.get(place) ?? new Map<string, string>();
    known.set(place, names);
    let name = chance(18) ? pick(aliases) : field;
    while (names.has(name) && names.get(name) !== meaning) name = `n${names.size}${chance(50) ? 'x' : ''}`;
    names.set(name, meaning);
    return name;
  };

  /**
   * Objects under several conditions are told apart by their names: where one is asked for twice, under different ones, the
   * planner forgets conditions of the fields that require others, and these are null. `under`: the conditions around it.
   */
  const written = (field: GraphQLField<unknown, unknown>, levels: number, { place, under }: Place): string => {
    const args = argumentsOf(field);
    const condition = directive();
    const inner = getNamedType(field.type);
    if (!isCompositeType(inner)) {
      const name = responseName(place, field.name, `${field.name}${args} ${field.type}`);
      return `${name === field.name ? '' : `${name}: `}${field.name}${args}${condition}`;
    }
    const meaning = `${field.name}${args} ${field.type}${under}${condition}`;
    const name = responseName(place, place.startsWith('F') ? `${field.name}_${place}` : field.name, meaning);
    const set = selectionSet(inner, levels - 1, { place: `${place}.${name}`, under: '' });
    return `${name === field.name ? '' : `${name}: `}${field.name}${args}${condition} ${set}`;
  };

  const fragment = (type: GraphQLNamedType, levels: number, { place, under }: Place): string => {
    const condition = directive();
    const inside = { place, under: under + condition };
    const on = pick(conditionTypes(schema, type));
    if (chance(25) && fragments.length < 4) {
      const name = `F${fragments.length}`;
      fragments.push({ name, type: on, levels });
      return `...${name}${condition}`;
    }
    if (chance(15)) return `...${condition} ${selectionSet(type, levels, inside)}`;
    return `... on ${on.name}${condition} ${selectionSet(on, levels - 1, inside)}`;
  };

  const selection = (type: GraphQLNamedType, levels: number, at: Place): string => {
    if (chance(8))
      return `${chance(20) ? `${responseName(at.place, 't', '__typename')}: ` : ''}__typename${directive()}`;
    if (chance(isAbstractType(type) ? 45 : 12)) return fragment(type, levels, at);
    const all = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const fields = all.filter((field) => levels > 0 || isLeafType(getNamedType(field.type)));
    return fields.length === 0 ? '__typename' : written(pick(fields), levels, at);
  };

  const selectionSet = (type: GraphQLNamedType, levels: number, at: Place): string => {
    const count = levels <= 0 ? 1 : integer(1, levels > 3 ? 4 : 3);
    return `{ ${Array.from({ length: count }, () => selection(type, levels, at)).join(' ')} }`;
  };
  return { selectionSet, fragments, declarations, variables };
}

/** Types that a fragment within a type may be on. */
function conditionTypes(schema: GraphQLSchema, type: GraphQLNamedType): GraphQLNamedType[] {
  const wider = Object.values(schema.getTypeMap()).filter(isAbstractType);
  if (isObjectType(type)) return [type, type, ...wider.filter((it) => schema.isSubType(it, type))];
  if (!isAbstractType(type)) return [type];
  const possible = schema.getPossibleTypes(type);
  // The planner fails (`We should have an edge from ...`) on a union where the interface is an object in the subgraph.
  const others = isUnionType(type) ? wider : wider.filter((it) => !isUnionType(it));
  return [type, ...possible, ...possible, ...others.filter((it) => possible.some((one) => schema.isSubType(it, one)))];
}
