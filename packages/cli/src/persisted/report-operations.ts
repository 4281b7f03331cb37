import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type Cacheability,
  type CostModel,
  costliestPath,
  type OpenedSupergraph,
  openSupergraph,
  operationCacheability,
  operationCost,
  operationDepth,
  planOperation,
  planSubgraphs,
  readCostModel,
  readSubgraphHints,
  type SubgraphHints,
  subgraphContact,
  summarizePlan,
} from '@nova/federation';
import { subgraphNames, subgraphSdl } from '@nova/schema';
import {
  GraphQLBoolean,
  GraphQLFloat,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  parse,
  typeFromAST,
  validate,
} from 'graphql';
import { type CommandInput, UsageError } from '../command.ts';

type Operation = { readonly id: string; readonly name: string; readonly type: string; readonly body: string };

export type OperationReport = {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  readonly depth: number;
  /** With the defaults of its variables; a number without one counts as `assumedNumber`. */
  readonly cost: number;
  readonly costliestPath: string;
  /** Requests to subgraphs, and how many of them wait for one another. */
  readonly fetches: number;
  readonly waves: number;
  readonly subgraphs: readonly string[];
  /** The teams that these belong to. */
  readonly owners: readonly string[];
  /** Of its answer to a GET. */
  readonly cacheability: Cacheability;
  /** Why the supergraph cannot serve it; the figures are 0 then. */
  readonly problems: readonly string[];
};

/** The largest page that connections give. */
const assumedNumber = 100;
const manifestFile = new URL('../../../../persisted-queries/manifest.json', import.meta.url);
const supergraphFile = new URL('../../../../schema/supergraph.graphql', import.meta.url);

/** Exit codes: 0 done, 1 an operation does not fit the supergraph, 2 not understood. */
export async function reportOperations({ args, output }: CommandInput): Promise<number> {
  const { manifest, supergraph, json } = readArguments(args);
  const { operations }: { operations: Operation[] } = JSON.parse(readFileSync(manifest, 'utf8'));
  const opened = openSupergraph(readFileSync(supergraph, 'utf8'));
  const sdls = new Map(subgraphNames().map((name) => [name, subgraphSdl(name)]));
  const graph = {
    opened,
    schema: opened.apiSchema.toGraphQLJSSchema(),
    model: readCostModel(opened.sdl),
    hints: new Map([...sdls].map(([name, sdl]) => [name, readSubgraphHints(sdl)])),
    contacts: new Map([...sdls].map(([name, sdl]) => [name, subgraphContact(sdl)])),
  };
  const reports = operations.map((operation) => report(operation, graph));
  output.log(json ? JSON.stringify(reports, undefined, 2) : toMarkdown(reports));
  return reports.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

function readArguments(args: readonly string[]) {
  try {
    const options = {
      manifest: { type: 'string' },
      supergraph: { type: 'string' },
      json: { type: 'boolean' },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const { manifest = manifestFile, supergraph = supergraphFile, json = false } = values;
    return { manifest, supergraph, json };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

type Graph = {
  readonly opened: OpenedSupergraph;
  readonly schema: GraphQLSchema;
  readonly model: CostModel;
  /** Of the subgraphs in schema/subgraphs, by name: what only their own SDL says. */
  readonly hints: ReadonlyMap<string, SubgraphHints>;
  readonly contacts: ReadonlyMap<string, string | undefined>;
};

function report({ name, id, type, body }: Operation, graph: Graph): OperationReport {
  const { opened, schema, model } = graph;
  const document = parse(body);
  const problems = validate(schema, document).map(({ message }) => message);
  const operation = document.definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  const facts = { name, id, type };
  if (problems.length > 0 || !operation) {
    return { ...facts, ...nothing, problems };
  }
  const input = { schema, document, operation, variables: assumedVariables(operation, schema), model };
  const plan = planOperation(opened, { query: body });
  const subgraphs = planSubgraphs(plan);
  return {
    ...facts,
    depth: operationDepth(document),
    cost: operationCost(input),
    costliestPath: costliestPath(input),
    ...summarizePlan(plan),
    subgraphs,
    owners: [...new Set(subgraphs.flatMap((subgraph) => graph.contacts.get(subgraph) ?? []))].sort(),
    cacheability: operationCacheability(plan, graph.hints),
    problems,
  };
}

const nothing = {
  depth: 0,
  cost: 0,
  costliestPath: '',
  fetches: 0,
  waves: 0,
  subgraphs: [],
  owners: [],
  cacheability: { maxAgeSeconds: 0, scope: 'public', decidedBy: '' },
} as const;

/** A value for every variable that needs one, and for numbers without a default. Only numbers can change a cost. */
function assumedVariables({ variableDefinitions }: OperationDefinitionNode, schema: GraphQLSchema) {
  const values: Record<string, unknown> = {};
  for (const { variable, type: node, defaultValue } of variableDefinitions ?? []) {
    const type = typeFromAST(schema, node as NamedTypeNode);
    if (defaultValue === undefined && isInputType(type) && (isNonNullType(type) || type === GraphQLInt))
      values[variable.name.value] = assumedValue(type);
  }
  return values;
}

function assumedValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return assumedValue(type.ofType);
  if (isListType(type)) return [assumedValue(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, assumedValue(field.type)]));
  }
  if (type === GraphQLInt || type === GraphQLFloat) return assumedNumber;
  return type === GraphQLBoolean ? true : 'assumed';
}

const columns = [
  'operation',
  'type',
  'depth',
  'cost (most of it)',
  'fetches',
  'waves',
  'subgraphs',
  'owners',
  'kept (decided by)',
];

function toMarkdown(reports: readonly OperationReport[]): string {
  const alignment = columns.map((column) => (/^(depth|cost|fetches|waves)/.test(column) ? '---:' : '---'));
  return [columns, alignment, ...reports.map(toRow)].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function toRow(one: OperationReport): readonly (string | number)[] {
  if (one.problems.length > 0)
    return [one.name, one.type, '', '', '', '', one.problems.join(' ').replaceAll('|', '\\|'), '', ''];
  const { name, type, depth, fetches, waves, subgraphs, owners } = one;
  const cost = `${one.cost}${one.costliestPath && ` (${one.costliestPath})`}`;
  return [name, type, depth, cost, fetches, waves, subgraphs.join(', '), owners.join(', '), toLifetime(one)];
}

function toLifetime({ type, cacheability: { maxAgeSeconds, scope, decidedBy } }: OperationReport): string {
  if (type !== 'query') return 'no';
  return `${maxAgeSeconds === 0 ? 'no' : `${scope}, ${maxAgeSeconds} s`} (${decidedBy})`;
}
