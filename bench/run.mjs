import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { homePage } from './home-page.mjs';
import { installPeers, machine, root, warnWhenBusy } from './machine.mjs';
import { startContenders } from './nova.mjs';
import { endAll } from './processes.mjs';
import { markdown } from './report.mjs';
import { measure } from './rounds.mjs';

const help = `Measures Nova's gateway beside a plain @apollo/gateway, in about three minutes.

  npm run bench -- [options]

  --rounds <number>       how often each is measured in turn (default 7)
  --seconds <number>      how long each measurement is to take, about (default 5)
  --connections <number>  open at the same time (default 16)
  --port <number>         base of the ports used (default 24000, to 24095)
  --publish               write results/published.* instead of results/latest.*
`;

const here = fileURLToPath(new URL('.', import.meta.url));
const options = readOptions();
if (!options) process.exit();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(130));
const dataDir = join(root, '.data/bench');
let stopping;
try {
  installPeers();
  warnWhenBusy();
  console.log('Starting Nova and the plain gateway beside it ...');
  const contenders = await startContenders({ port: options.port, dataDir });
  const pages = await homePage(contenders);
  const { dependencies: peers } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  const figures = await measure(contenders, { pages, ...options, onProgress: (text) => console.log(text) });
  const report = { ...options, ...machine(), peers, ...figures };
  const name = join(here, 'results', options.publish ? 'published' : 'latest');
  const table = markdown(report);
  writeFileSync(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${name}.md`, table);
  console.log(`\n${table}\nWritten to ${name}.md and .json`);
  await stop(0);
} catch (error) {
  if (!stopping) console.error(error);
  await stop(1);
}

/** The first reason decides; what fails because everything is being ended is no other one. */
function stop(code) {
  stopping ??= endAll().then(() => {
    rmSync(dataDir, { recursive: true, force: true });
    process.exit(code);
  });
  return stopping;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '16' },
      port: { type: 'string', default: '24000' },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return undefined;
  }
  const numbers = Object.entries(values).filter(([, value]) => typeof value === 'string');
  for (const [name, value] of numbers) {
    if (!/^[1-9]\d*$/.test(value)) throw new Error(`--${name} must be a whole number from 1, not "${value}".`);
  }
  return { ...values, ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])) };
}
