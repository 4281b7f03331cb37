/** The figures as a markdown table: medians over the rounds, and how far single rounds were from each other. */
export function markdown(report) {
  const [plain, ...others] = report.ways;
  const memoryOf = { plain: report.memoryMb.plain, Nova: report.memoryMb.nova };
  const rows = [plain, ...others].map((way) => [
    way.name,
    ...['requestsPerSecond', 'p50Ms', 'p99Ms', 'cpuMsPerRequest'].map((key) => figure(key, median(valuesOf(way, key)))),
    figure('memoryMb', memoryOf[way.name.split(',')[0]]),
  ]);
  const ratios = others.map((way) => [
    `${way.name} / ${plain.name}`,
    ratio(way, plain, 'requestsPerSecond'),
    ratio(way, plain, 'p50Ms'),
    ratio(way, plain, 'p99Ms'),
    ratio(way, plain, 'cpuMsPerRequest'),
    '',
  ]);
  const header = ['', 'requests/s', 'p50 ms', 'p99 ms', 'gateway CPU ms/request', 'resident MB'];
  return `${[header, header.map((_, index) => (index === 0 ? '---' : '---:')), ...rows, ...ratios].map(line).join('\n')}

Medians of ${report.rounds} interleaved rounds, each of ${report.count} requests over ${report.connections} connections; ratios of the same round, in brackets the lowest and the highest.
Nova, text, with an access token it has never seen on every request: ${report.firstSight.cpuMsPerRequest.toFixed(2)} ms of gateway CPU.
${report.date}, Node ${report.node}, ${report.cores} cores (${report.cpu}), Nova at ${report.commit}, @apollo/gateway ${report.peers['@apollo/gateway']}, @apollo/server ${report.peers['@apollo/server']}. Repeat: \`npm run bench\`
`;
}

function line(cells) {
  return `| ${cells.join(' | ')} |`;
}

const digits = { requestsPerSecond: 0, p50Ms: 0, p99Ms: 0, cpuMsPerRequest: 2, memoryMb: 0 };

function figure(key, value) {
  return Number.isNaN(value) ? '?' : value.toFixed(digits[key]);
}

/** Each round is compared with itself: what disturbs a round disturbs both. */
function ratio(way, plain, key) {
  const ratios = valuesOf(way, key).map((value, round) => value / plain.samples[round][key]);
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)})`;
}

function valuesOf({ samples }, key) {
  return samples.map((sample) => sample[key]);
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
