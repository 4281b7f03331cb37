import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPeers, machine, warnWhenBusy } from '../machine.mjs';
import { cpuSeconds, endAll, load } from '../processes.mjs';
import { measureDocumentRules } from './document-rules.mjs';
import { startDoors } from './gateways.mjs';
import { markdown } from './report.mjs';

const help = `Measures what each protection of the gateway costs a request, in about four minutes. Needs redis-server.

  npm run bench:door -- [options]

  --rounds <number>       how often each is measured in turn (default 7)
  --requests <number>     requests of one measurement (default 6000)
  --connections <number>  open at the same time (default 16)
  --port <number>         base of the ports used (default 25000, to 25039)
  --publish               write results/door-published.* instead of results/door-latest.*
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    requests: { type: 'string', default: '6000' },
    connections: { type: 'string', default: '16' },
    port: { type: 'string', default: '25000' },
    publish: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(help);
  process.exit();
}
const rounds = Number(options.rounds);
const connections = Number(options.connections);
const count = Math.ceil(Number(options.requests) / connections) * connections;
const warmUp = { connections, count: 20_000 };
const directory = mkdtempSync(join(tmpdir(), 'nova-bench-door-'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(130));
let stopping;
try {
  installPeers();
  warnWhenBusy();
  console.log('Starting three gateways, Redis and what stands in for the subgraphs ...');
  const started = await startDoors({ port: Number(options.port), directory });
  const ways = waysThrough(started);
  // As much for each gateway, whatever number of ways leads through it.
  for (const door of Object.values(started.doors))
    await load({ ...door, ...warmUp, requests: started.requests.signedIn });
  for (const way of ways) await sample(way);
  console.log(`Warm. ${rounds} rounds of ${ways.length} times ${count} requests ...`);
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < ways.length; at += 1) {
      const way = ways[(at + round) % ways.length];
      way.samples.push(await sample(way));
    }
    console.log(
      `round ${round + 1}: ${ways.map(({ name, samples }) => `${name} ${samples.at(-1).toFixed(3)}`).join('; ')}`,
    );
  }
  const documents = measureDocumentRules(rounds);
  const samples = ways.map((way) => ({ name: way.name, than: way.than, samples: way.samples }));
  const report = { ...machine(), rounds, count, connections, ways: samples, documents };
  const file = fileURLToPath(new URL(`../results/door-${options.publish ? 'published' : 'latest'}`, import.meta.url));
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${file}.md`, markdown(report));
  console.log(`\n${markdown(report)}\nWritten to ${file}.md and .json`);
  await stop(0);
} catch (error) {
  if (!stopping) console.error(error);
  await stop(1);
}

/** `than`: the way that differs by the one thing named. */
function waysThrough({ doors: { unlimited, inMemory, onRedis }, requests }) {
  return [
    { name: 'bare: by id, nobody signed in, no quotas', ...unlimited, requests: requests.anonymous },
    { name: 'and a known access token', than: 0, ...unlimited, requests: requests.signedIn },
    { name: 'and quotas in memory', than: 1, ...inMemory, requests: requests.signedIn },
    { name: 'and quotas on Redis: the whole door', than: 1, ...onRedis, requests: requests.signedIn },
    { name: 'the whole door, by text', than: 3, ...onRedis, requests: requests.text },
    { name: 'a mutation through the whole door', ...onRedis, requests: requests.mutation },
    { name: 'and an idempotency key, each time another', than: 5, ...onRedis, requests: requests.keyed },
    { name: 'and the same key again: replayed', than: 5, ...onRedis, requests: requests.replayed },
  ].map((way) => ({ ...way, samples: [] }));
}

/** Milliseconds of the gateway's processor time a request. */
async function sample({ pid, url, requests }) {
  const before = cpuSeconds(pid);
  const run = { url, connections, count, requests: typeof requests === 'function' ? requests(count) : requests };
  const answered = await load(run);
  return ((cpuSeconds(pid) - before) * 1_000) / answered.requests;
}

function stop(code) {
  stopping ??= endAll().then(() => {
    rmSync(directory, { recursive: true, force: true });
    process.exit(code);
  });
  return stopping;
}
