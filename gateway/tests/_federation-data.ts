import { createHash } from 'node:crypto';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import {
  buildASTSchema,
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  graphql,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  parse,
} from 'graphql';
import { type FederationFacts, readFacts, type SubgraphSdl } from './_federation-facts.ts';
import { pickFrom, type Read, readSelections } from './_federation-selections.ts';

/**
 * An object, the same to every subgraph and to the single server: what a field of it is depends on nothing but its type,
 * its key, the field and the arguments. `received`: what the gateway said of it.
 */
export type DataObject = {
  readonly __typename: string;
  readonly type: string;
  readonly key: string;
  readonly received?: Readonly<Record<string, unknown>>;
};

type Args = Readonly<Record<string, unknown>>;
type FieldOf = { readonly object: DataObject; readonly field: string; readonly args: Args };

const entitiesOfAType = 4;

/** A number from 0 to `below`, by chance, the same for one text always. */
function drawn(text: string, below: number): number {
  return createHash('sha256').update(text).digest().readUInt32LE() % below;
}

export type FederationData = {
  readonly resolvers: (subgraph: string) => GraphQLResolverMap<unknown>;
  readonly askOneServer: (source: string, variables: Args) => ReturnType<typeof graphql>;
};

/**
 * The same made-up data behind the subgraphs of a federation and behind one server with the API's schema.
 *
 * What makes the two differ by right is left out of the data, and only that. A subgraph that breaks its promise in a field
 * of an object can take with it what else it was asked of the object in the same call; that shows where the other things
 * are used elsewhere, as a key or for a field that requires them. So those are never broken. And an entity that one
 * subgraph does not know (see `isLost`) has nulls for the fields of that subgraph, which one server has to say as well: that
 * is only well defined where the way to other subgraphs does not lead through this one.
 */
export function createFederationData(options: {
  subgraphs: readonly SubgraphSdl[];
  supergraphSdl: string;
  apiSdl: string;
}): FederationData {
  const { subgraphs, supergraphSdl, apiSdl } = options;
  const supergraph = buildASTSchema(parse(supergraphSdl), { assumeValidSDL: true });
  const facts = readFacts(subgraphs, supergraph);
  const dataOf = createDataOf(supergraph, facts);
  const read: Read = readSelections(supergraph, ({ object, field, args }) => dataOf({ object, field, args }));
  const requiredOf = ({ object, field }: FieldOf) => {
    const required = facts.requires(object.type, field);
    return required && JSON.stringify(read(object, required));
  };
  return {
    resolvers(name) {
      const source = subgraphs.find((it) => it.name === name) as SubgraphSdl;
      return resolversOf({ source, facts, dataOf, read });
    },
    askOneServer: oneServer(apiSdl, (of) => dataOf(of, requiredOf(of))),
  };
}

type DataOf = (of: FieldOf, required?: string) => unknown;

class Thrown extends Error {
  override readonly name = 'Thrown';
}

function createDataOf(supergraph: GraphQLSchema, facts: FederationFacts): DataOf {
  const leaf = (type: GraphQLOutputType, seed: string): unknown => {
    const number = drawn(`${seed} leaf`, 1000);
    if (isEnumType(type)) return type.getValues()[number % type.getValues().length]?.name;
    switch (isScalarType(type) && type.name) {
      case 'Int':
        return number - 100;
      case 'Float':
        return number / 8;
      case 'Boolean':
        return number % 2 === 0;
      case 'Json':
        return { list: [number, null, { constructor: number }], __typename: 'Json', text: seed };
      default:
        return `${seed.slice(0, 60)} ${createHash('sha256').update(seed).digest('hex').slice(0, 8)}`;
    }
  };

  const object = (typeName: string, seed: string): DataObject => {
    if (facts.isRoot(typeName)) return { __typename: typeName, type: typeName, key: '' };
    const key = facts.isEntity(typeName) ? `${typeName}_${drawn(`${seed} entity`, entitiesOfAType)}` : seed;
    return { __typename: typeName, type: typeName, key };
  };

  type Place = { readonly isCalm: boolean; readonly possible: readonly string[] };
  const value = (type: GraphQLOutputType, seed: string, place: Place): unknown => {
    const { isCalm, possible } = place;
    if (isNonNullType(type))
      return !isCalm && drawn(`${seed} broken`, 100) < 4 ? null : value(type.ofType, `${seed}!`, place);
    if (!seed.endsWith('!') && drawn(`${seed} null`, 100) < 12) return null;
    if (isListType(type))
      return Array.from({ length: drawn(`${seed} length`, 4) }, (_, at) => value(type.ofType, `${seed}[${at}]`, place));
    if (isScalarType(type) || isEnumType(type)) return leaf(type, seed);
    const typeName = possible[drawn(`${seed} type`, possible.length)];
    return typeName === undefined ? null : object(typeName, seed);
  };

  return ({ object: parent, field, args }, required) => {
    const { type: typeName, key } = parent;
    const definition = fieldOf(supergraph, typeName, field);
    const owner = facts.ownerType(typeName, field);
    const named = getNamedType(definition.type);
    if (facts.isKey(typeName, field)) {
      const index = Number(key.split('_').at(-1));
      if (isObjectType(named) && facts.isEntity(named.name))
        return { __typename: named.name, type: named.name, key: `${named.name}_${index}` };
      if (isObjectType(named)) return { __typename: named.name, type: named.name, key: `${key}.${field}` };
      if (field === 'id') return key;
      return named.name === 'Int' ? index : `${field}-${key}`;
    }
    if (facts.lostFields(typeName, field).some((subgraph) => isLost(typeName, key, subgraph))) return null;
    const seed = `${owner}.${field} ${key} ${stable(args)}${required ?? ''}`;
    const isCalm = facts.isCalm(typeName, field);
    if (facts.isInKey(typeName, field)) return leaf(named as GraphQLOutputType, seed);
    if (!isCalm && drawn(`${seed} throws`, 100) < 2) throw new Thrown('This field fails.');
    return value(definition.type, seed, { isCalm, possible: facts.possible(typeName, field) });
  };
}

function fieldOf(schema: GraphQLSchema, typeName: string, field: string) {
  const type = schema.getType(typeName);
  const found = isObjectType(type) ? type.getFields()[field] : undefined;
  if (!found) throw new Error(`There is no ${typeName}.${field}.`);
  return found;
}

/** Whether a subgraph does not know an entity, of those that it need not know. */
function isLost(typeName: string, key: string, subgraph: string): boolean {
  return drawn(`${typeName} ${key} lost in ${subgraph}`, 5) === 0;
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_name, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}

function resolversOf(parts: {
  source: SubgraphSdl;
  facts: FederationFacts;
  dataOf: DataOf;
  read: Read;
}): GraphQLResolverMap<unknown> {
  const { source, facts, dataOf, read } = parts;
  const schema = buildSubgraphSchema(parse(source.sdl));
  const resolvers: Record<string, Record<string, unknown>> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    const { name } = type;
    if (name.startsWith('_')) continue;
    const own: Record<string, unknown> = {};
    const keys = facts.keysIn(source.name, name);
    if (keys.length > 0)
      own.__resolveReference = (received: Record<string, unknown>) => {
        for (const concrete of facts.concrete(name))
          for (let index = 0; index < entitiesOfAType; index += 1) {
            const entity = { __typename: concrete, type: concrete, key: `${concrete}_${index}` };
            const isMeant = (set: (typeof keys)[number]) =>
              JSON.stringify(read(entity, set)) === JSON.stringify(pickFrom(received, set, facts.isOfType));
            if (!keys.some(isMeant)) continue;
            if (facts.mayLose(source.name, concrete) && isLost(concrete, entity.key, source.name)) return null;
            return { ...entity, __typename: isObjectType(type) ? name : concrete, received };
          }
        throw new Error(`No ${name} is ${JSON.stringify(received)}.`);
      };
    if (isObjectType(type))
      for (const field of Object.keys(type.getFields())) {
        if (field.startsWith('_') && name === 'Query') continue;
        own[field] = (parent: DataObject | undefined, args: Args) => {
          const object = parent?.type ? parent : { __typename: name, type: name, key: '' };
          const required = facts.requiresIn(source.name, name, field);
          const text = required && JSON.stringify(pickFrom(object.received ?? {}, required, facts.isOfType));
          const isStale = facts.isOverridden(source.name, name, field);
          return dataOf({ object, field, args: isStale ? { ...args, stale: true } : args }, text);
        };
      }
    if (Object.keys(own).length > 0) resolvers[name] = own;
  }
  return resolvers as GraphQLResolverMap<unknown>;
}

function oneServer(apiSdl: string, dataOf: (of: FieldOf) => unknown): FederationData['askOneServer'] {
  const schema = buildSchema(apiSdl);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const resolve: GraphQLFieldResolver<DataObject | undefined, unknown, Args> = (parent, args) =>
        dataOf({ object: parent ?? { __typename: type.name, type: type.name, key: '' }, field: field.name, args });
      field.resolve = resolve;
    }
  }
  return (source, variables) => graphql({ schema, source, variableValues: { ...variables } });
}
