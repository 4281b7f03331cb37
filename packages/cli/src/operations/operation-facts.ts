import {
  type Cacheability,
  costliestPath,
  operationCacheability,
  operationCost,
  operationDepth,
  type PlanSummary,
  planOperation,
  planSubgraphs,
  type QueryPlan,
  summarizePlan,
} from '@nova/federation';
import { type DocumentNode, type OperationDefinitionNode, print } from 'graphql';
import { assumedVariables } from './assumed-variables.ts';
import type { Graph } from './graph.ts';

/** What an operation asks of the system. */
export type OperationFacts = PlanSummary & {
  readonly depth: number;
  /** With the defaults of its variables; a number without one counts as the largest page. */
  readonly cost: number;
  readonly costliestPath: string;
  readonly subgraphs: readonly string[];
  /** The teams that these belong to. */
  readonly owners: readonly string[];
  /** Of its answer to a GET. */
  readonly cacheability: Cacheability;
};

/** Of a valid document with one operation. Throws when no subgraph can answer it. */
export function operationFacts(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  graph: Graph,
): { readonly plan: QueryPlan; readonly facts: OperationFacts } {
  const { opened, schema, model } = graph;
  const input = { schema, document, operation, variables: assumedVariables(operation, schema), model };
  const plan = planOperation(opened, { query: print(document) });
  const subgraphs = planSubgraphs(plan);
  const facts = {
    depth: operationDepth(document),
    cost: operationCost(input),
    costliestPath: costliestPath(input),
    ...summarizePlan(plan),
    subgraphs,
    owners: [...new Set(subgraphs.flatMap((subgraph) => graph.contacts.get(subgraph) ?? []))].sort(),
    cacheability: operationCacheability(plan, graph.hints),
  };
  return { plan, facts };
}
