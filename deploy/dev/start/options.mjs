import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Advice } from '../bootstrap/advice.mjs';
import { root } from '../bootstrap/machine.mjs';

/** The last port used is the base plus 98. */
const highestBasePort = 65_535 - 98;

/** Ports that the Fetch standard forbids to browsers and to Node's fetch (those above 1023). */
const forbiddenPorts = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

const spec = {
  port: { type: 'string' },
  host: { type: 'string' },
  'data-dir': { type: 'string' },
  reset: { type: 'boolean' },
  'seed-size': { type: 'string' },
  kafka: { type: 'boolean' },
  redis: { type: 'boolean' },
  workers: { type: 'string' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

export const help = `Runs Nova on this machine: PostgreSQL, the subgraphs and the gateway.

  npm start -- [options]

  --port <number>       port of the gateway (default 4000); the other parts use
                        the 98 ports above it, on loopback only
  --host <address>      address the gateway listens on (default 127.0.0.1;
                        0.0.0.0 lets other machines in)
  --data-dir <path>     where data and keys are kept (default .data); give a second
                        instance its own
  --reset               delete the data and keys first
  --seed-size <people>  how many people the first start makes up (default 1000)
  --kafka               events go through a Kafka of its own instead of tables in
                        PostgreSQL; needs Java 17 or newer and Maven. Data that
                        began with it goes on with it, --kafka or not
  --redis               runs redis-server beside the rest; quotas, public answers,
                        idempotency keys and ended sessions then go through it
  --workers <number>    processes that the gateway serves from (default 1);
                        several need --redis
  --verbose             show everything the parts log
  --help                show this text

Ctrl-C stops everything. A second start finds the data of the first.`;

/**
 * What the person asked for. npm takes options that stand before `--` for its own, so its variables are read too; the
 * command line wins. Throws `Advice` that names every bad value.
 */
export function readOptions(argv, env) {
  const { values, positionals } = fromArgv(argv);
  const given = { ...fromNpm(env, positionals), ...values };
  const problems = [];
  const integer = (name, { fallback, min, max }) => {
    const raw = given[name];
    if (raw === undefined) return fallback;
    const value = Number(raw);
    if (/^\d+$/.test(raw) && value >= min && value <= max) return value;
    problems.push(`--${name} must be a whole number from ${min} to ${max}, not "${raw}".`);
    return fallback;
  };
  const text = (name, fallback) => {
    if (given[name] === '' || given[name] === 'true') problems.push(`--${name} needs a value.`);
    return given[name] ?? fallback;
  };
  const options = {
    port: integer('port', { fallback: 4000, min: 1, max: highestBasePort }),
    host: text('host', '127.0.0.1'),
    dataDir: resolve(given['data-dir'] ? (env.INIT_CWD ?? process.cwd()) : root, text('data-dir', '.data')),
    reset: given.reset ?? false,
    seedSize: integer('seed-size', { fallback: undefined, min: 10, max: 10_000 }),
    kafka: given.kafka ?? false,
    redis: given.redis ?? false,
    workers: integer('workers', { fallback: 1, min: 1, max: 64 }),
    verbose: given.verbose ?? false,
    help: given.help ?? false,
  };
  if (options.workers > 1 && !options.redis) problems.push('--workers needs --redis, where workers count together.');
  const forbidden = forbiddenPorts.find((port) => isHttpPort(port - options.port));
  if (forbidden)
    problems.push(`--port ${options.port} needs port ${forbidden}, which browsers and fetch refuse to use.`);
  if (problems.length > 0) throw new Advice(`${problems.join('\n')}\nAll options: npm start -- --help`);
  return options;
}

/** Whether HTTP is served so far above the base port: by the gateway, its admin port, or a domain (GraphQL, admin). */
function isHttpPort(offset) {
  return offset === 0 || offset === 1 || (offset >= 10 && offset <= 89 && [0, 2].includes(offset % 10));
}

function fromArgv(args) {
  try {
    return parseArgs({ args, options: spec, allowPositionals: true });
  } catch (error) {
    throw new Advice(`${error.message.split('. ')[0]}.\nAll options: npm start -- --help`);
  }
}

/**
 * npm passes `--port=5000` as npm_config_port=5000, but of `--port 5000` it makes npm_config_port=true and the plain
 * argument 5000, in an order that is lost.
 */
function fromNpm(env, positionals) {
  const values = {};
  const nameless = [];
  for (const [name, { type }] of Object.entries(spec)) {
    const raw = env[`npm_config_${name.replace('-', '_')}`];
    if (raw === undefined || name === 'help' || name === 'verbose') continue;
    if (type === 'boolean') values[name] = raw === 'true';
    else if (raw === 'true') nameless.push(name);
    else values[name] = raw;
  }
  if (env.npm_config_loglevel === 'verbose') values.verbose = true;
  return { ...values, ...matched(nameless, positionals) };
}

function matched(names, values) {
  if (names.length === 0 && values.length > 0)
    throw new Advice(`What is "${values[0]}"?\nAll options: npm start -- --help`);
  const isNumber = (name) => ['port', 'seed-size', 'workers'].includes(name);
  const pairs = names.map((name) => [
    name,
    values.filter((value) => names.length === 1 || /^\d+$/.test(value) === isNumber(name)),
  ]);
  if (names.length !== values.length || pairs.some(([, fitting]) => fitting.length !== 1)) {
    const options = names.map((name) => `--${name} ...`).join(' ');
    throw new Advice(`npm took these options apart. Put -- before them: npm start -- ${options}`);
  }
  return Object.fromEntries(pairs.map(([name, [value]]) => [name, value]));
}
