import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPeers, machine, warnWhenBusy } from '../machine.mjs';
import { endAll } from '../processes.mjs';
import { help, readOptions } from './options.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
// What the rest imports has to be there first.
installPeers();
installPeers(here);
const options = readOptions();
if (!options) {
  console.log(help);
  process.exit();
}
const directory = mkdtempSync(join(tmpdir(), 'nova-bench-heavy-'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(130));
let stopping;
try {
  warnWhenBusy();
  const { startSystems } = await import('./systems.mjs');
  console.log(`Starting ${options.names.join(', ')} ...`);
  const started = await startSystems({ ...options, directory });
  if (options.memory) await memory(started);
  else await compare(started);
  await stop(0);
} catch (error) {
  if (!stopping) console.error(error);
  await stop(1);
}

async function compare({ subgraphs, subgraphsUrl, systems, mint }) {
  const [{ measure }, { measureOverhead }, { sameAnswers }, { waysOf }, { markdown }] = await Promise.all(
    ['measure', 'overhead', 'same-answers', 'workloads', 'report'].map((name) => import(`./${name}.mjs`)),
  );
  const tokens = Array.from({ length: options.tokens }, mint);
  const heavyBytes = await sameAnswers(systems, tokens[0]);
  const onProgress = (text) => console.log(text);
  onProgress(`All give the same answers (${heavyBytes} bytes). Warming up ...`);
  const workloads = waysOf({ systems, workloads: options.workloads.filter((name) => name !== 'overhead'), tokens });
  subgraphs.send({ type: 'delay', delayMs: options.delay });
  await measure(workloads, { ...options, coldRequests: options['cold-requests'], subgraphs, onProgress });
  const overhead = options.workloads.includes('overhead')
    ? await measureOverhead({ subgraphs, subgraphsUrl, systems, tokens, onProgress })
    : undefined;
  subgraphs.send({ type: 'delay', delayMs: 0 });
  await sameAnswers(systems, tokens.at(-1));
  const figures = workloads.map(({ workload, ways }) => ({
    workload,
    ways: ways.map(({ name, count, samples }) => ({ name, count, samples })),
  }));
  const report = { ...options, ...machine(), versions: versions(), heavyBytes, workloads: figures, overhead };
  const name = join(here, '../results', options.publish ? 'heavy-published' : 'heavy-latest');
  writeFileSync(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${name}.md`, markdown(report));
  console.log(`\n${markdown(report)}\nWritten to ${name}.md and .json`);
}

async function memory({ systems, metricsUrl }) {
  const { measureMemory } = await import('./memory.mjs');
  await measureMemory({ ...systems.nova, metricsUrl, onProgress: (text) => console.log(text) });
}

function versions() {
  const of = (folder, name) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies[name];
  return [
    ...['@apollo/gateway', '@apollo/server'].map((name) => `${name} ${of(join(here, '..'), name)}`),
    ...['@graphql-hive/gateway', '@graphql-hive/router-runtime'].map((name) => `${name} ${of(here, name)}`),
  ].join(', ');
}

function stop(code) {
  stopping ??= endAll().then(() => {
    rmSync(directory, { recursive: true, force: true });
    process.exit(code);
  });
  return stopping;
}
