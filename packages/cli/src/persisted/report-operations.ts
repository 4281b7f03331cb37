import { parseArgs } from 'node:util';
import { supergraphFile } from '@nova/schema';
import { Kind, parse, validate } from 'graphql';
import { type CommandInput, UsageError } from '../command.ts';
import { type Graph, openGraph } from '../operations/graph.ts';
import { committedManifest, type ManifestOperation, readOperations } from '../operations/manifest.ts';
import { type OperationFacts, operationFacts } from '../operations/operation-facts.ts';

export type OperationReport = OperationFacts & {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  /** Why the supergraph cannot serve it; the figures are 0 then. */
  readonly problems: readonly string[];
};

/** Exit codes: 0 done, 1 an operation does not fit the supergraph, 2 not understood. */
export async function reportOperations({ args, output }: CommandInput): Promise<number> {
  const { manifest, supergraph, json } = readArguments(args);
  const graph = openGraph(supergraph);
  const reports = readOperations(manifest).map((operation) => report(operation, graph));
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
    const { manifest = committedManifest, supergraph = supergraphFile, json = false } = values;
    return { manifest, supergraph, json };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function report({ name, id, type, body }: ManifestOperation, graph: Graph): OperationReport {
  const document = parse(body);
  const problems = validate(graph.schema, document).map(({ message }) => message);
  const operation = document.definitions.find((it) => it.kind === Kind.OPERATION_DEFINITION);
  const about = { name, id, type };
  if (problems.length > 0 || !operation) return { ...about, ...nothing, problems };
  return { ...about, ...operationFacts(document, operation, graph).facts, problems };
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
