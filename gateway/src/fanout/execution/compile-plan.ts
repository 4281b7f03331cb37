import type { FetchNode, PlanNode } from '@nova/federation';
import { Kind, parse } from 'graphql';
import type { PlanPath } from './entities-at.ts';
import { batchEntityFetches } from './entity-batch.ts';
import { compileRepresentation, type Represent } from './representation.ts';
import { compileRewrites, type Rewrite } from './rewrites.ts';
import type { IsOfType } from './types-of-data.ts';

/** A query plan, ready to be run any number of times. */
export type CompiledNode =
  | { readonly kind: 'sequence' | 'parallel'; readonly nodes: readonly CompiledNode[] }
  | {
      readonly kind: 'condition';
      readonly variable: string;
      readonly ifTrue: CompiledNode | undefined;
      readonly ifFalse: CompiledNode | undefined;
    }
  | RootFetch
  | EntityFetch;

export type PlannedRequest = {
  readonly subgraph: string;
  readonly operation: string;
  readonly operationKind: 'query' | 'mutation';
  readonly operationName: string | undefined;
  readonly variableUsages: readonly string[];
};

/** Root fields, merged into every object at `path`: the root, but for fields that a mutation or an entity leads back to. */
export type RootFetch = PlannedRequest & {
  readonly kind: 'root';
  readonly path: PlanPath;
  /** The only field that it asks for, if it asks for one. */
  readonly onlyField: string | undefined;
  readonly outputRewrites: Rewrite | undefined;
};

/** Entities at one or several paths, asked for in one request. */
export type EntityFetch = PlannedRequest & { readonly kind: 'entities'; readonly parts: readonly EntityPart[] };

export type EntityPart = {
  readonly path: PlanPath;
  /** Names of the field in the answer, and of the variable that carries the representations. */
  readonly alias: string;
  readonly variable: string;
  readonly represent: Represent;
  readonly inputRewrites: Rewrite | undefined;
  readonly outputRewrites: Rewrite | undefined;
};

export function compilePlan(node: PlanNode, isOfType: IsOfType): CompiledNode {
  return compileNode(node, [], isOfType);
}

function compileNode(node: PlanNode, path: PlanPath, isOfType: IsOfType): CompiledNode {
  switch (node.kind) {
    case 'Sequence':
      return { kind: 'sequence', nodes: node.nodes.map((child) => compileNode(child, path, isOfType)) };
    case 'Parallel':
      return { kind: 'parallel', nodes: compileParallel(node.nodes, path, isOfType) };
    case 'Flatten':
      return compileNode(node.node, [...path, ...node.path], isOfType);
    case 'Condition':
      return {
        kind: 'condition',
        variable: node.condition,
        ifTrue: node.ifClause && compileNode(node.ifClause, path, isOfType),
        ifFalse: node.elseClause && compileNode(node.elseClause, path, isOfType),
      };
    case 'Fetch':
      return compileFetch(node, path, isOfType);
    case 'Defer':
      throw new Error('A plan with @defer cannot be run.');
  }
}

function compileFetch(fetch: FetchNode, path: PlanPath, isOfType: IsOfType): RootFetch | EntityFetch {
  const request = {
    subgraph: fetch.serviceName,
    operation: fetch.operation,
    operationKind: fetch.operationKind === 'mutation' ? ('mutation' as const) : ('query' as const),
    operationName: fetch.operationName,
    variableUsages: fetch.variableUsages ?? [],
  };
  if (!fetch.requires) {
    const outputRewrites = compileRewrites(fetch.outputRewrites, isOfType);
    return { ...request, kind: 'root', path, onlyField: onlyFieldOf(fetch.operation), outputRewrites };
  }
  const names = { alias: '_entities', variable: 'representations' };
  return { ...request, kind: 'entities', parts: [entityPart({ fetch, path }, names, isOfType)] };
}

function onlyFieldOf(operation: string): string | undefined {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return undefined;
  const [field, ...others] = definition.selectionSet.selections;
  return field?.kind === Kind.FIELD && others.length === 0 ? (field.alias ?? field.name).value : undefined;
}

type PlacedFetch = { readonly fetch: FetchNode; readonly path: PlanPath };

function entityPart(
  { fetch, path }: PlacedFetch,
  names: { readonly alias: string; readonly variable: string },
  isOfType: IsOfType,
): EntityPart {
  return {
    ...names,
    path,
    represent: compileRepresentation(fetch.requires ?? [], isOfType),
    inputRewrites: compileRewrites(fetch.inputRewrites, isOfType),
    outputRewrites: compileRewrites(fetch.outputRewrites, isOfType),
  };
}

/** What goes to one subgraph at the same time goes in one request. */
function compileParallel(nodes: readonly PlanNode[], path: PlanPath, isOfType: IsOfType): CompiledNode[] {
  const bySubgraph = new Map<string, PlacedFetch[]>();
  const others: PlanNode[] = [];
  for (const node of nodes) {
    const placed = placedEntityFetch(node, path);
    if (!placed) others.push(node);
    else bySubgraph.set(placed.fetch.serviceName, [...(bySubgraph.get(placed.fetch.serviceName) ?? []), placed]);
  }
  const fetches = [...bySubgraph.values()].flatMap((placed) => compileTogether(placed, isOfType));
  return [...fetches, ...others.map((node) => compileNode(node, path, isOfType))];
}

function compileTogether(placed: readonly PlacedFetch[], isOfType: IsOfType): CompiledNode[] {
  const batch = placed.length > 1 ? batchEntityFetches(placed.map(({ fetch }) => fetch)) : undefined;
  if (!batch) return placed.map(({ fetch, path }) => compileFetch(fetch, path, isOfType));
  const { operation, operationName, variableUsages } = batch;
  const parts = placed.map((it, at) => entityPart(it, batch.parts[at] as EntityPart, isOfType));
  const subgraph = placed[0]?.fetch.serviceName as string;
  return [{ kind: 'entities', subgraph, operation, operationKind: 'query', operationName, variableUsages, parts }];
}

function placedEntityFetch(node: PlanNode, path: PlanPath): PlacedFetch | undefined {
  if (node.kind === 'Flatten') return placedEntityFetch(node.node, [...path, ...node.path]);
  return node.kind === 'Fetch' && node.requires ? { fetch: node, path } : undefined;
}
