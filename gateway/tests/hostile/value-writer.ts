import fc from 'fast-check';
import { type GraphQLArgument, type GraphQLInputType, getNamedType, isInputObjectType, isNonNullType } from 'graphql';
import type { Dice } from './dice.ts';

const wrongLiterals = ['null', '{}', '[[1]]', '{ __proto__: 1 }', 'TEN', '1e999', '-0', '""', '$v0', '"\\u0000"'];
const texts = ['u1', 'p1', 'ada', 'ada@example.org', "' OR 1=1; --", '\u2028'];
const anyJson = fc.jsonValue({ maxDepth: 3 });

/** Writes arguments, and notes the variables that they refer to. */
export function createValueWriter({ chance, slips, pick, integer, draw }: Dice) {
  const variables: Record<string, unknown> = {};
  const declarations: string[] = [];

  const literal = (type: GraphQLInputType): string => {
    if (slips(5)) return pick(wrongLiterals);
    const named = getNamedType(type);
    if (isInputObjectType(named)) {
      const fields = Object.values(named.getFields()).filter((of) => (isNonNullType(of.type) ? !slips(5) : chance(50)));
      const extra = slips(5) ? ', __proto__: { a: 1 }' : '';
      return `{ ${fields.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')}${extra} }`;
    }
    return named.name === 'Int' ? String(integer(-2, 30)) : JSON.stringify(pick(texts));
  };

  const jsonOf = (type: GraphQLInputType): unknown => {
    const named = getNamedType(type);
    if (isInputObjectType(named))
      return Object.fromEntries(Object.values(named.getFields()).map((field) => [field.name, jsonOf(field.type)]));
    return named.name === 'Int' ? integer(-2, 30) : pick(texts);
  };

  const argument = ({ name, type }: GraphQLArgument): string => {
    if (!chance(30)) return `${name}: ${literal(type)}`;
    const variable = `v${declarations.length}`;
    declarations.push(`$${variable}: ${slips(5) ? 'Boolean' : type}`);
    if (!slips(5)) variables[variable] = slips(20) ? draw(anyJson) : jsonOf(type);
    return `${name}: $${variable}`;
  };

  return { argument, declarations, variables };
}
