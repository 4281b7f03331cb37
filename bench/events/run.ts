import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { StopStack } from '@nova/runtime';
import { startEngines } from './engines.ts';
import { type Figures, measure, type Plan, soak } from './measure.ts';
import { openWriter } from './write-events.ts';

const help = `Measures one relay on a real Kafka and on the embedded event log, in about four minutes. Needs Java 17 and Maven.

  npm run bench:events -- [options]

  --publish  write results/events-published.* instead of results/events-latest.*
  --quick    a tenth of the events, to see that it works
  --soak <m> instead: for so many minutes 1 000 events/s to Kafka, and how the relay's memory grows;
             written to results/events-soak-published.json or -latest.json
`;

const { values } = parseArgs({
  options: {
    publish: { type: 'boolean' },
    quick: { type: 'boolean' },
    soak: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const stack = new StopStack();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void stack.stop().finally(() => process.exit(130)));
const minutes = Number(values.soak ?? 0);
if (values.help || !(minutes >= 0)) console.log(help);
else {
  try {
    await run();
  } finally {
    await stack.stop();
  }
}

async function run(): Promise<void> {
  const share = values.quick ? 0.1 : 1;
  const plan: Plan = {
    backlog: 100_000 * share,
    sustained: { perSecond: 5_000, seconds: 30 * share },
    latency: { perSecond: 1_000, seconds: 30 * share },
  };
  if ((loadavg()[0] ?? 0) > 1) console.warn('The machine is busy: figures will be noisy.');
  console.log('Starting PostgreSQL and Kafka ...');
  const { directUrl, logs } = await startEngines(stack);
  const writer = openWriter(directUrl);
  stack.add('writer', writer.stop);
  if (values.soak !== undefined) {
    const [kafka] = logs;
    console.log(`${values.soak} minutes at ${plan.latency.perSecond} events/s ...`);
    const soaked = await soak({ directUrl, choice: kafka, writer, plan }, { minutes });
    write('events-soak', 'json', `${JSON.stringify({ ...machine(), soaked }, null, 2)}\n`);
    console.log(soaked);
    return;
  }
  const figures: Figures[] = [];
  for (const choice of logs) {
    console.log(`Measuring the relay on ${choice.kind} ...`);
    figures.push(await measure({ directUrl, choice, writer, plan }));
  }
  const report = { ...machine(), plan, figures };
  write('events', 'json', `${JSON.stringify(report, null, 2)}\n`);
  write('events', 'md', markdown(report));
  console.log(`\n${markdown(report)}`);
}

function write(what: string, extension: string, text: string): void {
  const name = `${what}-${values.publish ? 'published' : 'latest'}.${extension}`;
  writeFileSync(fileURLToPath(new URL(`../results/${name}`, import.meta.url)), text);
  console.log(`Written to bench/results/${name}`);
}

type Report = ReturnType<typeof machine> & { plan: Plan; figures: readonly Figures[] };

function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
  };
}

function markdown({ figures, plan, date, commit, node, cores, cpu }: Report): string {
  const rows = figures.map(({ log, drainPerSecond, sustainedPerSecond, mostWaiting, latency }) =>
    [
      log,
      round(drainPerSecond),
      round(sustainedPerSecond),
      mostWaiting,
      latency.p50Ms.toFixed(1),
      latency.p99Ms.toFixed(1),
    ].join(' | '),
  );
  return `| log | draining, events/s | sustained, events/s | most waiting | insert to ack p50 ms | p99 ms |
| --- | ---: | ---: | ---: | ---: | ---: |
${rows.map((row) => `| ${row} |`).join('\n')}

One relay process with its default limits, payloads of 1 KB over 1 000 keys, fsync and synchronous_commit on, acks from all in-sync replicas (one broker). Draining: a
backlog of ${plan.backlog} events and nobody writing. Sustained: ${plan.sustained.perSecond} events/s written for ${plan.sustained.seconds} s in transactions of 50. Latency: ${plan.latency.perSecond}
transactions/s of one event each, for ${plan.latency.seconds} s, begun on time whatever the ones before them do; from the insert to the acknowledgement.
PostgreSQL, Kafka, the relay and the writer share the machine: ${cores} cores (${cpu}), Node ${node}, ${date}, Nova at ${commit}. Repeat: \`npm run bench:events\`
`;
}

function round(value: number): string {
  return String(Math.round(value));
}
