import { buildManifest } from './build-manifest.ts';
import { composeSchema } from './compose-schema.ts';

/** Where a command writes what it did and what went wrong. */
export type Output = { log(line: string): void; error(line: string): void };

/** Writes its result, or with `check` compares it with what is committed. Resolves to the exit code. */
type Command = { readonly help: string; run(options: { check: boolean; output: Output }): Promise<number> };

const commands: Readonly<Record<string, Command>> = {
  'schema compose': {
    help: 'compose schema/subgraphs/*.graphql into schema/supergraph.graphql and schema/api.graphql',
    run: composeSchema,
  },
  'persisted build': {
    help: 'build persisted-queries/manifest.json from persisted-queries/<client>/*.graphql',
    run: buildManifest,
  },
};

/** The `nova` command. Exit codes: 0 done, 1 failed or out of date, 2 not understood. */
export async function runNova(args: readonly string[], output: Output): Promise<number> {
  if (args.length === 0 || args.includes('--help')) {
    output.log(help());
    return 0;
  }
  const command = commands[args.slice(0, 2).join(' ')];
  const unknown = args.slice(2).filter((flag) => flag !== '--check');
  if (!command || unknown.length > 0) {
    output.error(`nova does not know "${args.join(' ')}".\n\n${help()}`);
    return 2;
  }
  return command.run({ check: args.includes('--check'), output });
}

function help(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, command]) => `  ${name.padEnd(width)}  ${command.help}`);
  return [
    'Usage: npm run nova -- <command> [--check]',
    '',
    ...lines,
    '',
    '--check writes nothing and fails when the committed files are out of date.',
  ].join('\n');
}
