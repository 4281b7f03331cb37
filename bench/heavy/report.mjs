import { median } from '../report.mjs';
import { titles } from './systems.mjs';

const columns = [
  ['cpuMsPerRequest', 'gateway CPU ms/request', 2],
  ['requestsPerSecond', 'requests/s', 0],
  ['p50Ms', 'p50 ms', 0],
  ['p99Ms', 'p99 ms', 0],
  ['residentMb', 'resident MB', 0],
  ['subgraphRequests', 'calls to subgraphs', 2],
];
/** What every system is compared with, where it was measured. */
const bases = ['plain', 'hive-rr'];

/** Medians over the rounds; ratios of the same round, with the lowest and the highest of them. */
export function markdown(report) {
  const { workloads, overhead, rounds, connections, delay, heavyBytes, versions } = report;
  const { date, node, cores, cpu, commit } = report;
  const tables = workloads.map(({ workload, ways }) => `## ${workload}\n\n${tableOf(ways)}`);
  if (overhead) tables.push(`## overhead\n\n${overheadTable(overhead)}`);
  return `${tables.join('\n\n')}

Medians of ${rounds} interleaved rounds over ${connections} connections${delay ? `, every answer of a subgraph held back ${delay} ms` : ''}; resident memory is the highest after a measurement; no request failed. Ratios are of gateway CPU in the same round, in brackets the lowest and the highest. The heavy answer has ${heavyBytes} bytes.
${versions}.
${date}, Node ${node}, ${cores} cores (${cpu}), Nova at ${commit}. Repeat: \`npm run bench:heavy\`
`;
}

function tableOf(ways) {
  const present = bases.map((name) => ways.find((way) => way.name === name)).filter(Boolean);
  const header = ['', ...columns.map(([, title]) => title), ...present.map(({ name }) => `CPU ÷ ${titles[name]}`)];
  const rows = ways.map((way) => [
    titles[way.name],
    ...columns.map(([key, , digits]) => figure(way, key, digits)),
    ...present.map((base) => (base === way ? '' : ratio(way, base))),
  ]);
  return table([header, ...rows]);
}

function figure({ samples }, key, digits) {
  const values = samples.map((sample) => sample[key]);
  const value = key === 'residentMb' ? Math.max(...values) : median(values);
  return Number.isNaN(value) ? '?' : value.toFixed(digits);
}

function ratio(way, base) {
  const ratios = way.samples.map(({ cpuMsPerRequest }, round) => cpuMsPerRequest / base.samples[round].cpuMsPerRequest);
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)})`;
}

function overheadTable({ direct, systems, rate, seconds, delayMs, waves }) {
  const rows = systems.map(({ name, p50Ms, p99Ms, subgraphRequests }) => [
    titles[name],
    ...[p50Ms, p99Ms, p50Ms - direct.p50Ms, p99Ms - direct.p99Ms].map((ms) => ms.toFixed(2)),
    subgraphRequests.toFixed(2),
  ]);
  const own = ['calling the subgraphs directly', direct.p50Ms.toFixed(2), direct.p99Ms.toFixed(2), '', '', ''];
  const header = ['', 'p50 ms', 'p99 ms', 'more than direct, p50 ms', 'more than direct, p99 ms', 'calls to subgraphs'];
  return `${table([header, own, ...rows])}

${rate} requests a second for ${seconds} s, each by another viewer, of a known operation whose plan has ${waves} fetches, one after another; every answer of a subgraph is held back ${delayMs} ms.`;
}

function table([header, ...rows]) {
  const rule = header.map((_, index) => (index === 0 ? '---' : '---:'));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
