import {
  type FetchCondition,
  type FetchRequest,
  type QueryPlan,
  type ScheduledFetch,
  scheduleFetches,
} from '@nova/federation';
import { Kind, parse } from 'graphql';
import type { PlanPath } from './entities-at.ts';
import { batchEntityFetches } from './entity-batch.ts';
import { compileRepresentation, type Represent } from './representation.ts';
import { compileRewrites, type Rewrite } from './rewrites.ts';
import type { IsOfType } from './types-of-data.ts';

/** A query plan, ready to be run any number of times: requests in an order in which they can be made. */
export type CompiledPlan = readonly CompiledRequest[];

export type CompiledRequest = RootFetch | EntityFetch;

export type PlannedRequest = {
  readonly subgraph: string;
  readonly operation: string;
  readonly operationKind: 'query' | 'mutation';
  readonly operationName: string | undefined;
  readonly variableUsages: readonly string[];
  /** Requests that have to be answered first, by their place in the plan. */
  readonly after: readonly number[];
};

/** Root fields, merged into every object at `path`: the root, but for fields that a mutation or an entity leads back to. */
export type RootFetch = PlannedRequest & {
  readonly kind: 'root';
  readonly path: PlanPath;
  readonly conditions: readonly FetchCondition[];
  /** The only field that it asks for, if it asks for one. */
  readonly onlyField: string | undefined;
  readonly outputRewrites: Rewrite | undefined;
};

/** Entities at one or several paths, asked for in one request. */
export type EntityFetch = PlannedRequest & { readonly kind: 'entities'; readonly parts: readonly EntityPart[] };

export type EntityPart = {
  readonly path: PlanPath;
  readonly conditions: readonly FetchCondition[];
  /** Names of the field in the answer, and of the variable that carries the representations. */
  readonly alias: string;
  readonly variable: string;
  readonly represent: Represent;
  readonly inputRewrites: Rewrite | undefined;
  readonly outputRewrites: Rewrite | undefined;
  readonly isOfType: IsOfType;
};

export function compilePlan(plan: QueryPlan, isOfType: IsOfType): CompiledPlan {
  return scheduleFetches(plan).map((request) => compileRequest(request, isOfType));
}

function compileRequest({ subgraph, fetches, after }: FetchRequest, isOfType: IsOfType): CompiledRequest {
  const [{ fetch, path, conditions }] = fetches;
  if (fetch.requires) {
    const { names, ...batch } = batchEntityFetches(fetches.map((it) => it.fetch));
    const parts = fetches.map((it, at) => entityPart(it, names[at] as EntityNames, isOfType));
    return { kind: 'entities', subgraph, ...batch, operationKind: 'query', after, parts };
  }
  const { operation, operationName, variableUsages = [] } = fetch;
  return {
    kind: 'root',
    subgraph,
    operation,
    operationKind: fetch.operationKind === 'mutation' ? 'mutation' : 'query',
    operationName,
    variableUsages,
    after,
    path,
    conditions,
    onlyField: onlyFieldOf(operation),
    outputRewrites: compileRewrites(fetch.outputRewrites, isOfType),
  };
}

function onlyFieldOf(operation: string): string | undefined {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return undefined;
  const [field, ...others] = definition.selectionSet.selections;
  return field?.kind === Kind.FIELD && others.length === 0 ? (field.alias ?? field.name).value : undefined;
}

type EntityNames = Pick<EntityPart, 'alias' | 'variable'>;

function entityPart({ fetch, path, conditions }: ScheduledFetch, names: EntityNames, isOfType: IsOfType): EntityPart {
  return {
    ...names,
    path,
    conditions,
    represent: compileRepresentation(fetch.requires ?? [], isOfType),
    inputRewrites: compileRewrites(fetch.inputRewrites, isOfType),
    outputRewrites: compileRewrites(fetch.outputRewrites, isOfType),
    isOfType,
  };
}
