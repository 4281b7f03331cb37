import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import type { Dice } from './dice.ts';
import { createValueWriter } from './value-writer.ts';

export type GeneratedOperation = { readonly query: string; readonly variables: Readonly<Record<string, unknown>> };

/** The part of the API that the test's three subgraphs answer. */
const schema = buildSchema(readFileSync(new URL('three-subgraphs.graphql', import.meta.url), 'utf8'));
const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);

/** The test's subgraph fails at it on purpose. */
const broken = new Set(['deletePost']);
const deepest = 6;
const fragmentNames = ['F0', 'F1', 'F2', '__proto__', 'unknown'];
const aliases = ['a', 'b', '__proto__', 'constructor', 'toString', '_entities', 'id__alias_0', '__type'];
const fieldNames = ['id', 'username', 'nodes', 'author', '__typename'];
const scraps =
  '{ } ( ) [ ] : ! = | & $ @ ... " """ # , \n \0 \ud800 0 -1 1e999 2147483648 null true on query fragment subscription $representations __schema'.split(
    ' ',
  );

/** An operation over the API's schema that is valid, or would be but for a few of its parts. */
export function generateOperation(dice: Dice): GeneratedOperation {
  const { chance, slips, pick } = dice;
  const { argument, declarations, variables } = createValueWriter(dice);
  const selectionSet = createSelectionWriter(dice, argument);
  const kind = chance(80) ? 'query' : 'mutation';
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  const body = selectionSet(root as GraphQLObjectType, deepest);
  const fragments = fragmentNames
    .filter((name) => body.includes(`...${name}`) && name !== 'unknown')
    .map((name) => {
      const type = pick(objectTypes);
      return `fragment ${name} on ${type.name} ${selectionSet(type, 2)}`;
    });
  const declared = declarations.length > 0 ? `(${declarations.join(', ')})` : '';
  const query = [`${kind} A${declared} ${body}`, ...fragments].join('\n');
  return { query: slips(40) ? corrupted(query, dice) : query, variables };
}

type SelectionSetWriter = (type: GraphQLObjectType, levels: number, taken?: Set<string>) => string;

/** `taken`: response names of the set, which valid documents use once. */
function createSelectionWriter(
  { chance, slips, pick, integer }: Dice,
  argument: ReturnType<typeof createValueWriter>['argument'],
): SelectionSetWriter {
  const directive = (): string => {
    if (slips(3)) return ` ${pick(['@include(if: $v0)', '@defer', '@a', '@skip'])}`;
    return chance(10) ? ` ${pick(['@include(if: true)', '@skip(if: true)', '@skip(if: false)'])}` : '';
  };

  const responseName = (of: string, taken: Set<string>): string => {
    const name = chance(10) ? pick(slips(20) ? fieldNames : aliases) : of;
    const free = taken.has(name) && !slips(20) ? `n${taken.size}` : name;
    taken.add(free);
    return free;
  };

  const field = (of: GraphQLField<unknown, unknown>, levels: number, taken: Set<string>): string => {
    const name = responseName(of.name, taken);
    const given = of.args.filter(({ type }) => (isNonNullType(type) ? !slips(3) : chance(40))).map(argument);
    const type = getNamedType(of.type);
    const set = isObjectType(type) ? ` ${selectionSet(type, levels - 1)}` : '';
    const alias = name === of.name ? '' : `${name}: `;
    return `${alias}${of.name}${given.length > 0 ? `(${given.join(', ')})` : ''}${directive()}${set}`;
  };

  const selection = (type: GraphQLObjectType, levels: number, taken: Set<string>): string => {
    if (slips(5)) return `...${pick(fragmentNames)}${directive()}`;
    if (slips(2)) return pick(['titel', '_service { sdl }', '__schema { types { name } }']);
    if (chance(8)) {
      const on = chance(70) ? `on ${slips(5) ? 'Post' : type.name}` : '';
      return `... ${on}${directive()} ${selectionSet(type, levels - 1, taken)}`;
    }
    const fields = Object.values(type.getFields()).filter(
      (it) => !broken.has(it.name) && (levels > 0 || isLeafType(getNamedType(it.type))),
    );
    return fields.length === 0 || chance(5) ? '__typename' : field(pick(fields), levels, taken);
  };

  const selectionSet: SelectionSetWriter = (type, levels, taken = new Set()) => {
    const count = levels <= 0 ? 1 : integer(1, 4);
    return `{ ${Array.from({ length: count }, () => selection(type, levels, taken)).join(' ')} }`;
  };
  return selectionSet;
}

/** With one of its words taken out, put in twice, or replaced by something else. */
function corrupted(query: string, { pick, integer }: Dice): string {
  const words = query.split(' ');
  const at = integer(0, words.length - 1);
  const word = words[at] ?? '';
  words.splice(at, 1, ...pick([[], [word, word], [pick(scraps)]]));
  return words.join(' ');
}
