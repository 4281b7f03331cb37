import { median } from '../report.mjs';

/** Medians over the rounds; each difference is of the same round, with the lowest and the highest of them. */
export function markdown({ ways, documents, rounds, count, connections, date, node, cores, cpu, commit }) {
  const rows = ways.map(({ name, than, samples }) => {
    const base = ways[than]?.samples;
    const more = base ? samples.map((value, round) => (value - base[round]) * 1_000) : [];
    const difference = base
      ? `${signed(median(more))} (${signed(Math.min(...more))}..${signed(Math.max(...more))})`
      : '';
    return `| ${name} | ${median(samples).toFixed(3)} | ${difference} |`;
  });
  const parts = Object.entries(documents.samples).map(([name, us]) => `| ${name} | ${median(us).toFixed(1)} |`);
  return `| a request | gateway CPU ms | more than without it, µs |
| --- | ---: | ---: |
${rows.join('\n')}

Medians of ${rounds} interleaved rounds, each of ${count} requests over ${connections} connections; the query is \`{__typename}\`, which calls no subgraph, the mutation calls one that answers at once.

| a document never seen: ${documents.file} | CPU µs |
| --- | ---: |
${parts.join('\n')}

${date}, Node ${node}, ${cores} cores (${cpu}), Nova at ${commit}. Repeat: \`npm run bench:door\`
`;
}

function signed(value) {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(0)}`;
}
