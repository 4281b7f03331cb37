import { operationFromDocument, type Schema, Supergraph } from '@apollo/federation-internals';
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { assertValidSchema, parse, print } from 'graphql';
import { readCostModel } from './cost-model.ts';
import {
  type Requirements,
  readRequirements,
  withConditionalRequirements,
} from './planning/conditional-requirements.ts';
import { clientName } from './planning/planned-aliases.ts';
import { plannedDocument } from './planning/planned-document.ts';
import { withRealArguments } from './planning/real-arguments.ts';
import { type StandIns, withStandIns } from './planning/required-arguments.ts';
import { withResolvableKeysFirst } from './planning/resolvable-keys-first.ts';
import { unfetchedFields } from './planning/unfetched-fields.ts';
import { withoutSecurityMarker } from './security-marker.ts';

/** A subgraph as the supergraph names it. */
export type SubgraphLocation = { readonly name: string; readonly url: string };

export type LoadedSupergraph = {
  /** The text to hand to @apollo/gateway. */
  readonly sdl: string;
  readonly subgraphs: readonly SubgraphLocation[];
};

/** Says why a text is not a supergraph that can be served. */
export class SupergraphError extends Error {
  override readonly name = 'SupergraphError';
}

/** Who runs the plans: Nova's gateway, which knows what was mended in them, or @apollo/gateway, which gets its planner's own. */
export type PlanRunner = 'nova' | 'apollo';

/** A supergraph with what plans over it: takes a moment to build, and memory. */
export type OpenedSupergraph = LoadedSupergraph & {
  readonly runner: PlanRunner;
  readonly apiSchema: Schema;
  readonly planner: QueryPlanner;
  readonly standIns: StandIns | undefined;
  readonly requirements: Requirements | undefined;
};

/**
 * Builds everything the gateway will need from a supergraph, so that one which cannot be served is found before it
 * replaces one which can: @apollo/gateway drops its plans and swaps its schema before its last step can fail.
 * Throws `SupergraphError`.
 */
export function openSupergraph(text: string, runner: PlanRunner = 'nova'): OpenedSupergraph {
  try {
    const sdl = print(withoutSecurityMarker(parse(text)));
    const supergraph = Supergraph.build(sdl, { validateSupergraph: true });
    assertValidSchema(supergraph.apiSchema().toGraphQLJSSchema());
    readCostModel(sdl);
    const subgraphs = supergraph.subgraphsMetadata().map(({ name, url }) => ({ name, url }));
    return { sdl, subgraphs, runner, ...openForPlanning(sdl, runner) };
  } catch (error) {
    throw new SupergraphError(`The supergraph cannot be loaded: ${reasonOf(error)}`, { cause: error });
  }
}

/** Over a supergraph that means the same and that the planner is right about. */
function openForPlanning(
  sdl: string,
  runner: PlanRunner,
): Pick<OpenedSupergraph, 'apiSchema' | 'planner' | 'standIns' | 'requirements'> {
  const document = withResolvableKeysFirst(parse(sdl, { noLocation: true }));
  const standIns = runner === 'nova' ? withStandIns(document) : undefined;
  // The fields that have stand-ins are required by nobody any more, which validation would not accept.
  const supergraph = Supergraph.build(print(standIns?.supergraph ?? document), { validateSupergraph: false });
  return {
    apiSchema: supergraph.apiSchema(),
    planner: new QueryPlanner(supergraph, { reuseQueryFragments: false, debug: { maxEvaluatedPlans } }),
    standIns,
    requirements: runner === 'nova' ? readRequirements(standIns?.supergraph ?? document) : undefined,
  };
}

/** How to fetch a valid operation. Takes as long as it takes: the gateway asks a `Planner`. */
export function planOperation(
  { apiSchema, planner, standIns, requirements, runner }: OpenedSupergraph,
  { query, operationName }: { readonly query: string; readonly operationName?: string | undefined },
): QueryPlan {
  const asked = parse(query);
  const document = runner === 'nova' ? plannedDocument(asked) : asked;
  const operation = operationFromDocument(apiSchema, document, { operationName });
  const plan = planner.buildQueryPlan(operation);
  const unfetched = unfetchedFields(operation, plan);
  if (unfetched.length > 0) throw new Error(`No subgraph can answer ${unfetched.map(clientPath).join(', ')}.`);
  const marked = requirements ? withConditionalRequirements(plan, requirements) : plan;
  return standIns ? withRealArguments(marked, standIns) : marked;
}

/** Of the ways to fetch one operation; the library's own default is ten times as many. */
const maxEvaluatedPlans = 1_000;

function clientPath(path: string): string {
  return path.split('.').map(clientName).join('.');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
