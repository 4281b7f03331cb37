import { AppError } from '@nova/errors';
import { type CostInput, costliestPath, operationCost, type Planned, readCostModel } from '@nova/federation';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql';
import { createDocumentRules, type DocumentLimits } from './document-rules.ts';
import { type EntityUse, entityExcess } from './entity-budget.ts';
import { type Excess, excessOf, type Limit, type LimitMode, type MeasurableLimit } from './limits.ts';
import {
  type OperationInput,
  refuseReservedVariable,
  refuseSubscription,
  requireOperation,
  requireVariables,
} from './operation-rules.ts';
import { type Caller, type OverridableLimit, type OverrideTable, overridableLimits, overrideFor } from './overrides.ts';
import { planExcesses } from './plan-budget.ts';
import { createRememberedCost } from './remembered-cost.ts';
import { shallowValues } from './shallow-values.ts';

export type ProtectionOptions = DocumentLimits & {
  readonly maxTokens: number;
  readonly maxComplexity: number;
  /** Calls to subgraphs of one operation, and of these how many may wait for one another. */
  readonly maxFetches: number;
  readonly maxWaves: number;
  /** gRPC calls of subgraphs for one operation. */
  readonly maxRpcCalls: number;
  /** Asked for by reference in all of them. */
  readonly maxEntities: number;
  /** Those not named are enforced. */
  readonly modes: Readonly<Partial<Record<MeasurableLimit, LimitMode>>>;
  readonly overrides: OverrideTable;
};

/** An excess that was let through. */
export type Tolerated = Excess & { readonly mode: 'measure' | 'warn' };

export type Protection = {
  /** For the parser, which counts while it reads: nesting cannot exhaust the stack. */
  readonly maxTokens: number;
  /** What a document's text decides; runs once a document. */
  readonly validationRules: ValidationRule[];
  onSchema(schema: { readonly apiSchema: GraphQLSchema; readonly coreSupergraphSdl?: string }): void;
  /** Throws what the variables decide; runs with every request, before planning. Returns the cost, and what it lets through. */
  check(request: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operation?: OperationDefinitionNode | undefined;
    readonly operationName?: string | undefined;
    readonly variables?: Readonly<Record<string, unknown>> | undefined;
    readonly caller: Caller;
  }): { readonly cost: number; readonly tolerated: readonly Tolerated[] };
  /** Throws what the plan decides; runs with every request, before the first call to a subgraph. */
  checkPlan(planned: Pick<Planned, 'plan' | 'summary'>, caller: Caller): readonly Tolerated[];
  /** gRPC calls for one operation that subgraphs are told to refuse more than; undefined when the limit is not enforced. */
  readonly enforcedRpcCalls: number | undefined;
  /** What an answered operation turned out to have had too much of. */
  toleratedOf(stats: { readonly rpcCalls: number }): readonly Tolerated[];
  /** Throws what the number of entities decides; runs before each call for entities. Says of an operation once what it lets through. */
  checkEntities(use: EntityUse): readonly Tolerated[];
};

type Costs = { readonly cost: (input: CostInput) => number; readonly costliest: (input: CostInput) => string };

/** Everything that can refuse an operation, in order: tokens, document, operation, variables, cost, plan. */
export function createProtection(options: ProtectionOptions): Protection {
  const { modes, maxTokens, maxComplexity, maxFetches, maxWaves, overrides, ...limits } = options;
  const defaults = { complexity: maxComplexity, fetches: maxFetches, waves: maxWaves };
  const allowed = (limit: OverridableLimit, caller: Caller) =>
    overrideFor(overrides, caller, limit).limit ?? defaults[limit];
  const modeOf = (limit: Limit, caller: Caller = {}): LimitMode => {
    if (limit === 'selections') return 'enforce';
    const own = isOverridable(limit) ? overrideFor(overrides, caller, limit).mode : undefined;
    return own ?? modes[limit] ?? 'enforce';
  };
  const tolerated = (excess: Excess, caller: Caller): Tolerated => ({
    ...excess,
    mode: modeOf(excess.limit, caller) === 'warn' ? 'warn' : 'measure',
  });
  const documentRules = createDocumentRules(limits, (limit) => modeOf(limit) === 'enforce');
  const costsBySchema = new WeakMap<GraphQLSchema, Costs>();

  const checkCost = (input: CostInput, caller: Caller): { cost: number; excess: Excess | undefined } => {
    const costs = costsBySchema.get(input.schema);
    if (!costs) throw new AppError('INTERNAL_ERROR', 'The schema has no cost model.');
    const cost = costs.cost(input);
    const excess = excessOf('complexity', [cost, allowed('complexity', caller)], () => {
      const path = costs.costliest(input);
      return { sentence: ` Most of it is at ${path}.`, details: { costliestPath: path } };
    });
    if (excess && modeOf('complexity', caller) === 'enforce') throw excess.error;
    return { cost, excess };
  };

  return {
    maxTokens,
    validationRules: [documentRules.validationRule, shallowValues],
    onSchema({ apiSchema, coreSupergraphSdl = '' }) {
      const model = readCostModel(coreSupergraphSdl);
      const remembered = createRememberedCost();
      costsBySchema.set(apiSchema, {
        cost: (input) => remembered(input, (it) => operationCost({ ...it, model })),
        costliest: (input) => costliestPath({ ...input, model }),
      });
    },
    check({ schema, document, operation: found, operationName, variables = {}, caller }) {
      const operation = requireOperation(found, operationName);
      const input: OperationInput = { schema, operation, variables };
      refuseSubscription(input);
      refuseReservedVariable(input);
      requireVariables(input);
      const { cost, excess } = checkCost({ ...input, document }, caller);
      const excesses = [...documentRules.tolerated(document), ...(excess ? [excess] : [])];
      return {
        cost,
        tolerated: excesses.map((it) => tolerated(it, caller)),
      };
    },
    checkPlan(planned, caller) {
      const budget = { maxFetches: allowed('fetches', caller), maxWaves: allowed('waves', caller) };
      const excesses = planExcesses(planned, budget);
      const refused = excesses.find(({ limit }) => modeOf(limit, caller) === 'enforce');
      if (refused) throw refused.error;
      return excesses.map((it) => tolerated(it, caller));
    },
    enforcedRpcCalls: modeOf('rpcCalls') === 'enforce' ? options.maxRpcCalls : undefined,
    toleratedOf({ rpcCalls }) {
      const excess =
        modeOf('rpcCalls') === 'enforce' ? undefined : excessOf('rpcCalls', [rpcCalls, options.maxRpcCalls]);
      return excess ? [tolerated(excess, {})] : [];
    },
    checkEntities(use) {
      const excess = entityExcess(use, options.maxEntities);
      if (excess && modeOf('entities') === 'enforce') throw excess.error;
      return excess && use.total - use.count <= options.maxEntities ? [tolerated(excess, {})] : [];
    },
  };
}

function isOverridable(limit: Limit): limit is OverridableLimit {
  return overridableLimits.some((known) => known === limit);
}
