import { createHash } from 'node:crypto';
import { entityTag, everything } from '@nova/cache';
import type { Identity } from '@nova/runtime';
import type { GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { EntityList, SubgraphRequest } from '../subgraph-call.ts';
import { entitiesShape, type FetchShape, rootShape } from './fetch-shape.ts';
import { readSupergraphTypes, type SupergraphTypes } from './supergraph-types.ts';

/** What is kept under one key. */
export type Item = { readonly key: string; readonly tags: readonly string[] };

export type EntityLookup = {
  readonly list: EntityList;
  readonly representations: readonly unknown[];
  /** One for each representation; undefined for what cannot be kept. */
  readonly items: ReadonlyArray<Item | undefined>;
};

/** What of a request may be in the cache. */
export type Lookup = { readonly root: Item } | { readonly entities: readonly EntityLookup[] };

/** Whom a request is sent to and for. What is public for who is not signed in may be another for who is. */
export type Asked = { readonly subgraph: string; readonly viewer: Identity['kind'] };

export type ReadLookup = (asked: Asked, request: SubgraphRequest) => Lookup | undefined;

const maxShapeBytes = 16_777_216;
const shapeBytes = 1_000;
const maxItems = 1_000;
const maxIdLength = 256;
const maxPlainKeyLength = 100;

/** Returns what tells keys and tags of requests by the types of a supergraph; undefined for a request that has none. */
export function createReadLookup(supergraph: GraphQLSchema, text: string): ReadLookup {
  const types = readSupergraphTypes(supergraph, text);
  const shapes = new LRUCache<string, { readonly shape: FetchShape | undefined }>({
    maxSize: maxShapeBytes,
    sizeCalculation: (_shape, key) => shapeBytes + 2 * key.length,
  });
  const shapeOf = (query: string, alias?: string): FetchShape | undefined => {
    const key = alias === undefined ? query : `${alias}\n${query}`;
    let known = shapes.get(key);
    if (!known) {
      known = { shape: alias === undefined ? rootShape(query, types) : entitiesShape(query, alias, types) };
      shapes.set(key, known);
    }
    return known.shape;
  };
  /** Another supergraph may mean something else by the same text. */
  const keyOf = ({ subgraph, viewer }: Asked, { hash, variables }: FetchShape, request: SubgraphRequest): string => {
    const values = variables.map((name) => [name, Object.hasOwn(request.variables, name), request.variables[name]]);
    return `nova:cache:entry:${hashOf([types.hash, subgraph, viewer, hash, values])}`;
  };

  return (asked, request) => {
    if (!request.entities) {
      const shape = shapeOf(request.query);
      if (!shape) return undefined;
      return { root: { key: keyOf(asked, shape, request), tags: [everything, ...shape.types] } };
    }
    const lists: EntityLookup[] = [];
    for (const list of request.entities) {
      const representations = request.variables[list.variable];
      const shape = shapeOf(request.query, list.alias);
      if (!shape || !Array.isArray(representations)) return undefined;
      const prefix = keyOf(asked, shape, request);
      lists.push({
        list,
        representations,
        items: representations.map((each) => itemOf(each, prefix, { shape, types })),
      });
    }
    const count = lists.reduce((sum, { items }) => sum + items.length, 0);
    return count <= maxItems ? { entities: lists } : undefined;
  };
}

function itemOf(
  representation: unknown,
  prefix: string,
  { shape, types }: { readonly shape: FetchShape; readonly types: SupergraphTypes },
): Item | undefined {
  const { __typename: type, id } = (representation ?? {}) as { readonly __typename?: unknown; readonly id?: unknown };
  if (typeof type !== 'string') return undefined;
  const canonical = JSON.stringify(representation, sortKeys);
  const key = `${prefix}:${canonical.length <= maxPlainKeyLength ? canonical : hashOf(canonical)}`;
  const hasId = typeof id === 'string' || typeof id === 'number';
  if (hasId && String(id).length > maxIdLength) return undefined;
  // Without an id nobody can say which entity it is, so that it goes with any of its type.
  const own = types
    .possible(type)
    .flatMap((each) => (hasId ? [entityTag(each, String(id)), entityTag(each, '*')] : [each]));
  return { key, tags: [...new Set([everything, ...own, ...shape.types])] };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('base64url');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
