import { parseArgs } from 'node:util';
import { onlyWhenNamed, systemNames } from './systems.mjs';
import { workloadNames } from './workloads.mjs';

export const help = `Measures Nova's gateway beside other gateways on the heavy query of the public benchmarks, in under eight minutes.

  npm run bench:heavy -- [options]

  --rounds <number>         how often each is measured in turn (default 5)
  --seconds <number>        how long each measurement is to take, about (default 3)
  --cold-requests <number>  documents never seen in one measurement (default 100)
  --connections <number>    open at the same time (default 50)
  --tokens <number>         access tokens of the workload "personal" (default 2000)
  --delay <number>          ms that every answer of a subgraph is held back (default 0)
  --only <names>            of ${systemNames.join(', ')}; separated by commas; default all but
                            ${onlyWhenNamed.join(', ')}, which needs redis-server
  --workloads <names>       of ${workloadNames.join(', ')}, overhead (default all)
  --memory                  nothing but Nova's memory over 10 000 documents, one after another
  --port <number>           base of the ports used (default 26000, to 26029)
  --publish                 write results/heavy-published.* instead of results/heavy-latest.*
`;

const numbers = {
  rounds: '5',
  seconds: '3',
  'cold-requests': '100',
  connections: '50',
  tokens: '2000',
  delay: '0',
  port: '26000',
};

/** Undefined when help was asked for. Throws for a value that means nothing. */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, { type: 'string', default: value }])),
      only: { type: 'string', default: systemNames.filter((name) => !onlyWhenNamed.includes(name)).join(',') },
      workloads: { type: 'string', default: [...workloadNames, 'overhead'].join(',') },
      memory: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  for (const name of Object.keys(numbers)) {
    const pattern = name === 'delay' ? /^\d+$/ : /^[1-9]\d*$/;
    if (!pattern.test(values[name])) throw new Error(`--${name} must be a whole number, not "${values[name]}".`);
    values[name] = Number(values[name]);
  }
  return {
    ...values,
    names: values.memory ? ['nova'] : listed('only', values.only, systemNames),
    workloads: listed('workloads', values.workloads, [...workloadNames, 'overhead']),
  };
}

/** In the order of `known`. */
function listed(option, text, known) {
  const names = text.split(',');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--${option} knows ${known.join(', ')}, not "${unknown}".`);
  return known.filter((name) => names.includes(name));
}
