import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../tools/run-step.ts';
import { Advice } from '../dev/bootstrap/advice.mjs';

export type CliOptions = {
  readonly brokers: 1 | 3;
  readonly port: number;
  readonly dataDir: string;
  readonly reset: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
};

const spec = {
  brokers: { type: 'string', default: '1' },
  port: { type: 'string', default: '9092' },
  'data-dir': { type: 'string' },
  reset: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export const help = `Runs Apache Kafka on this machine, for development and tests.

  npm run kafka -- [options]

  --brokers <1|3>    three copy all data to each other (default 1)
  --port <number>    port of the first broker (default 9092); each takes two, on
                     loopback only; 0 takes free ones
  --data-dir <path>  where data and logs are kept (default .data/kafka)
  --reset            delete the data first
  --verbose          show everything the brokers log
  --help             show this text

Needs Java 17 or newer and Maven, which fetches Kafka the first time. Ctrl-C stops it.`;

const advice = 'All options: npm run kafka -- --help';

/** Throws `Advice` that names every bad value. */
export function readCliOptions(argv: readonly string[], env: NodeJS.ProcessEnv): CliOptions {
  refuseTakenByNpm(env);
  const values = parsed(argv);
  const problems: string[] = [];
  if (!/^[13]$/.test(values.brokers)) problems.push(`--brokers must be 1 or 3, not "${values.brokers}".`);
  const brokers = values.brokers === '3' ? 3 : 1;
  const highest = 65_536 - 2 * brokers;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > highest)
    problems.push(`--port must be a whole number from 0 to ${highest}, not "${values.port}".`);
  if (values['data-dir'] === '') problems.push('--data-dir needs a value.');
  if (problems.length > 0) throw new Advice(`${problems.join('\n')}\n${advice}`);
  const dataDir = values['data-dir']
    ? resolve(env.INIT_CWD ?? process.cwd(), values['data-dir'])
    : resolve(root, '.data/kafka');
  return { brokers, port, dataDir, reset: values.reset, verbose: values.verbose, help: values.help };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: spec }).values;
  } catch (error) {
    throw new Advice(`${error instanceof Error ? error.message.split('. ')[0] : error}.\n${advice}`);
  }
}

/** npm keeps options that stand before `--` for itself, and the brokers would start without them. */
function refuseTakenByNpm(env: NodeJS.ProcessEnv): void {
  const taken = ['brokers', 'port', 'data-dir', 'reset'].filter((name) => env[`npm_config_${name.replace('-', '_')}`]);
  if (taken.length === 0) return;
  const options = taken.map((name) => `--${name}${name === 'reset' ? '' : ' ...'}`).join(' ');
  throw new Advice(`npm took these options for its own. Put -- before them: npm run kafka -- ${options}`);
}
