import { type Command, type CommandInput, type Output, UsageError } from './command.ts';
import { composeSchema } from './compose-schema.ts';
import { deadLetterCommands } from './events/dead-letters.ts';
import { deletionCommands } from './events/deletions.ts';
import { parkedEventCommands } from './events/parked-events.ts';
import { buildManifest } from './persisted/build-manifest.ts';
import { reportOperations } from './persisted/report-operations.ts';
import { verifyDocuments } from './persisted/verify-documents.ts';
import { showPlan } from './plan/show-plan.ts';
import { searchCommands } from './search/reindex.ts';

export type { Output } from './command.ts';

const commands: Readonly<Record<string, Command>> = {
  'schema compose': {
    usage: '[--check]',
    help: 'compose schema/subgraphs/*.graphql into schema/supergraph.graphql and schema/api.graphql',
    run: written(composeSchema),
  },
  'persisted build': {
    usage: '[--check]',
    help: 'build persisted-queries/manifest.json from persisted-queries/<client>/*.graphql',
    run: written(buildManifest),
  },
  'persisted report': {
    usage: '[--manifest <file>] [--supergraph <file>] [--json]',
    help: 'say of every operation what it costs and how far it fans out, as a table of Markdown for a pull request',
    run: reportOperations,
  },
  'persisted verify': {
    usage: '<file> [--manifest <file>]',
    help: 'say whether the manifest has what a client sends, and if not in what it differs; <file> is a document, the JSON body of a request, or a manifest',
    run: verifyDocuments,
  },
  plan: {
    usage: '<operation> [--operation-name <name>] [--supergraph <file>] [--mermaid <file>] [--svg <file>] [--json]',
    help: 'draw how an operation is fetched: which requests go to which subgraphs, and which wait for which; <operation> is a file, or the name or id of one of the manifest; --mermaid and --svg write pictures, to the output for -',
    run: showPlan,
  },
  ...deadLetterCommands,
  ...parkedEventCommands,
  ...deletionCommands,
  ...searchCommands,
};

/** The `nova` command. Exit codes: 0 done, 1 failed or out of date, 2 not understood. */
export async function runNova(args: readonly string[], output: Output, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const name = [2, 1].map((words) => args.slice(0, words).join(' ')).find((it) => Object.hasOwn(commands, it));
  if (args.length === 0 || args.includes('--help')) {
    output.log(help(name));
    return 0;
  }
  const command = name === undefined ? undefined : commands[name];
  try {
    if (!command || name === undefined) throw new UsageError(`nova does not know "${args.join(' ')}".`);
    return await command.run({ args: args.slice(name.split(' ').length), env, output });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    output.error(`${error.message}\n\n${help()}`);
    return 2;
  }
}

/** Writes its result, or with `--check` compares it with what is committed. */
function written(run: (options: { check: boolean; output: Output }) => Promise<number>): Command['run'] {
  return ({ args, output }: CommandInput) => {
    const unknown = args.find((flag) => flag !== '--check');
    if (unknown !== undefined) throw new UsageError(`nova does not know "${unknown}" here.`);
    return run({ check: args.includes('--check'), output });
  };
}

/** Of one command, or of all. */
function help(only?: string): string {
  const lines = Object.entries(commands)
    .filter(([name]) => only === undefined || name === only)
    .map(([name, { usage, help: what }]) => `  ${[name, usage].filter(Boolean).join(' ')}\n      ${what}`);
  if (only !== undefined) return ['Usage: npm run nova -- <command>', '', ...lines].join('\n');
  return [
    'Usage: npm run nova -- <command>',
    '',
    ...lines,
    '',
    '--check writes nothing and fails when the committed files are out of date.',
    'dead-letters, outbox and deletions use DATABASE_DIRECT_URL, with the role of the domain; --json prints JSON;',
    'search reindex asks SEARCH_GRPC_URL and signs with SERVICE_KEY_FILE (npm start keeps its key in .data/keys/service-private.pem);',
    '--by says who asks (default: $USER), which the audit keeps.',
  ].join('\n');
}
