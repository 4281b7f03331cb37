import type { FetchNode, QueryPlan } from '@apollo/query-planner';
import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { fetchesOf } from './planning/map-fetches.ts';
import { clientName } from './planning/planned-aliases.ts';
import type { CacheHint, HintedField, SubgraphHints } from './subgraph-hints.ts';

/** How long and by whom the answer to an operation may be kept at least, when it comes without errors. */
export type Cacheability = {
  /** 0: not at all. */
  readonly maxAgeSeconds: number;
  readonly scope: 'public' | 'private';
  /** The field without which it could be kept longer or by more, by response names: what ends it, else what makes it private, else the shortest. */
  readonly decidedBy: string;
};

/**
 * Follows the plan the way subgraphs (Apollo Server's cache control) and the gateway do at run time, as if every list had
 * items and every condition held. `hints` by subgraph; of one that is missing nothing may be kept.
 */
export function operationCacheability(plan: QueryPlan, hints: ReadonlyMap<string, SubgraphHints>): Cacheability {
  const policies = fetchesOf(plan).flatMap(({ fetch, path }) => {
    const subgraph = hints.get(fetch.serviceName);
    return subgraph ? policiesOf(fetch, path, subgraph) : [{ path, maxAge: 0, isPrivate: false }];
  });
  const maxAgeSeconds = policies.length === 0 ? 0 : Math.min(...policies.map(({ maxAge }) => maxAge));
  const secret = policies.find(({ isPrivate }) => isPrivate);
  const shortest = policies.find(({ maxAge }) => maxAge === maxAgeSeconds);
  const decider = maxAgeSeconds === 0 ? shortest : (secret ?? shortest);
  return {
    maxAgeSeconds,
    scope: secret ? 'private' : 'public',
    decidedBy: decider?.path.map(clientName).join('.') ?? '',
  };
}

type Path = readonly string[];
/** What one field says; infinitely long when it leaves that to its parent. */
type FieldPolicy = { readonly path: Path; readonly maxAge: number; readonly isPrivate: boolean };

type Walk = { readonly hints: SubgraphHints; readonly fragments: ReadonlyMap<string, FragmentDefinitionNode> };
type Place = { readonly type: string; readonly path: Path; readonly isRoot: boolean };

function policiesOf({ operation: text }: FetchNode, path: Path, hints: SubgraphHints): FieldPolicy[] {
  const { definitions } = parse(text);
  const operation = definitions.find((it): it is OperationDefinitionNode => it.kind === Kind.OPERATION_DEFINITION);
  if (!operation) return [];
  const fragments = new Map(
    definitions.flatMap((it) => (it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it] as const] : [])),
  );
  const type = operation.operation === 'mutation' ? 'Mutation' : 'Query';
  return policiesIn(operation.selectionSet, { type, path, isRoot: true }, { hints, fragments });
}

function policiesIn(set: SelectionSetNode, place: Place, walk: Walk): FieldPolicy[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD || selection.kind === Kind.INLINE_FRAGMENT) {
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : walk.fragments.get(selection.name.value);
      if (!fragment) return [];
      return policiesIn(
        fragment.selectionSet,
        { ...place, type: fragment.typeCondition?.name.value ?? place.type },
        walk,
      );
    }
    const name = selection.name.value;
    if (name.startsWith('__')) return [];
    if (name === '_entities') return selection.selectionSet ? entityPolicies(selection.selectionSet, place, walk) : [];
    const path = [...place.path, selection.alias?.value ?? name];
    const fields = walk.hints.fieldsOf(place.type, name);
    if (fields.length === 0) return [{ path, maxAge: 0, isPrivate: false }];
    return fields.flatMap((field) => [
      fieldPolicy(field, { ...place, path }),
      ...(selection.selectionSet
        ? policiesIn(selection.selectionSet, { type: field.returnedType, path, isRoot: false }, walk)
        : []),
    ]);
  });
}

/** Of references only the hint of their type counts. */
function entityPolicies(set: SelectionSetNode, { path }: Place, walk: Walk): FieldPolicy[] {
  return set.selections.flatMap((selection) => {
    const type = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
    if (selection.kind !== Kind.INLINE_FRAGMENT || type === undefined) return [];
    const { maxAge = 0, scope } = walk.hints.hintOf(type);
    return [
      { path, maxAge, isPrivate: scope === 'PRIVATE' },
      ...policiesIn(selection.selectionSet, { type, path, isRoot: false }, walk),
    ];
  });
}

function fieldPolicy({ hint, returned }: HintedField, { path, isRoot }: Place): FieldPolicy {
  const { maxAge, scope, inherits } = merged(hint, returned ?? {});
  const isEnd = isRoot || (returned !== undefined && !inherits);
  return { path, maxAge: maxAge ?? (isEnd ? 0 : Number.POSITIVE_INFINITY), isPrivate: scope === 'PRIVATE' };
}

/** The field's own hint wins over that of its type. */
function merged(field: CacheHint, type: CacheHint) {
  return {
    maxAge: field.maxAge ?? type.maxAge,
    scope: field.scope ?? type.scope,
    inherits: type.inheritMaxAge || field.inheritMaxAge,
  };
}
