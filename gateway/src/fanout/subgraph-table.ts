import { readFileSync } from 'node:fs';
import type { BreakerLimits } from '@nova/resilience';
import { ConfigError } from '@nova/runtime';
import committed from '../../subgraphs.json' with { type: 'json' };

/** How one subgraph is called, and when it is left alone. */
export type SubgraphPolicy = {
  /** For one call, from when it is sent. */
  readonly timeoutMs: number;
  /** Calls under way at the same time, each on a connection of its own. */
  readonly maxRunning: number;
  readonly maxQueued: number;
  /** Whether a query that got no answer may be sent once more. */
  readonly retries: boolean;
  readonly breaker: BreakerLimits;
};

export type SubgraphTable = {
  policyOf(subgraph: string): SubgraphPolicy;
  readonly longestTimeoutMs: number;
  /** Subgraphs that the file of the setting has a row for. */
  readonly named: readonly string[];
};

/** Ten minutes. Node takes a timer of more than 24 days for one of a millisecond. */
const maxTimeMs = 600_000;
const time = { min: 1, max: maxTimeMs };
const places = { min: 1, max: 10_000 };
const times = { min: 1, max: 1_000 };

type Range = { readonly min: number; readonly max: number };

const builtIn: SubgraphPolicy = committed.default;

/**
 * Reads SUBGRAPHS_FILE, or takes `gateway/subgraphs.json`. A row says what differs from the row `default`, and that
 * what differs from the one built in. Throws ConfigError with every problem.
 */
export function readSubgraphTable(file: string | undefined): SubgraphTable {
  if (file === undefined) return { ...tableOf(committed), named: [] };
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([`SUBGRAPHS_FILE cannot be read: ${(error as Error).message}`]);
  }
  try {
    return tableOf(JSON.parse(text));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([`SUBGRAPHS_FILE is not JSON: ${(error as Error).message}`]);
  }
}

function tableOf(content: unknown): SubgraphTable {
  const problems: string[] = [];
  const rowOf = (name: string, given: unknown, base: SubgraphPolicy) => policyOf(readRow(name, given, problems), base);
  const { default: first, ...rest } = isRecord(content) ? content : {};
  if (!isRecord(content)) problems.push('SUBGRAPHS_FILE is an object with a row for each subgraph');
  const base = first === undefined ? builtIn : rowOf('default', first, builtIn);
  const rows = new Map(Object.entries(rest).map(([name, given]) => [name, rowOf(name, given, base)]));
  if (problems.length > 0) throw new ConfigError(problems);
  const longestTimeoutMs = Math.max(...[base, ...rows.values()].map(({ timeoutMs }) => timeoutMs));
  return { policyOf: (subgraph) => rows.get(subgraph) ?? base, longestTimeoutMs, named: [...rows.keys()] };
}

/** A row as it was written, with what it leaves out undefined. */
function readRow(name: string, given: unknown, problems: string[]) {
  const row = fieldsOf(name, given, problems);
  const policy = {
    timeoutMs: row.number('timeoutMs', time),
    maxRunning: row.number('maxRunning', places),
    maxQueued: row.number('maxQueued', { ...places, min: 0 }),
    retries: row.boolean('retries'),
  };
  const breaker = fieldsOf(`${name}.breaker`, row.take('breaker') ?? {}, problems);
  const limits = {
    failures: breaker.number('failures', times),
    successes: breaker.number('successes', times),
    openMs: breaker.number('openMs', time),
  };
  row.refuseOthers();
  breaker.refuseOthers();
  return { ...policy, breaker: limits };
}

function policyOf(row: ReturnType<typeof readRow>, base: SubgraphPolicy): SubgraphPolicy {
  return {
    timeoutMs: row.timeoutMs ?? base.timeoutMs,
    maxRunning: row.maxRunning ?? base.maxRunning,
    maxQueued: row.maxQueued ?? base.maxQueued,
    retries: row.retries ?? base.retries,
    breaker: {
      failures: row.breaker.failures ?? base.breaker.failures,
      successes: row.breaker.successes ?? base.breaker.successes,
      openMs: row.breaker.openMs ?? base.breaker.openMs,
    },
  };
}

/** Takes an object apart and remembers which of its fields somebody knew. */
function fieldsOf(where: string, given: unknown, problems: string[]) {
  if (!isRecord(given)) problems.push(`SUBGRAPHS_FILE: ${where} is an object, not ${JSON.stringify(given)}`);
  const fields = new Map(isRecord(given) ? Object.entries(given) : []);
  const known: string[] = [];
  const take = (name: string): unknown => {
    known.push(name);
    return fields.get(name);
  };
  const refuse = (name: string, wanted: string, value: unknown): undefined => {
    problems.push(`SUBGRAPHS_FILE: ${where}.${name} is ${wanted}, not ${JSON.stringify(value)}`);
  };
  return {
    take,
    number(name: string, { min, max }: Range): number | undefined {
      const value = take(name);
      if (value === undefined || (Number.isInteger(value) && Number(value) >= min && Number(value) <= max))
        return value as number | undefined;
      return refuse(name, `a whole number from ${min} to ${max}`, value);
    },
    boolean(name: string): boolean | undefined {
      const value = take(name);
      return value === undefined || typeof value === 'boolean' ? value : refuse(name, 'true or false', value);
    },
    refuseOthers() {
      for (const name of fields.keys())
        if (!known.includes(name)) problems.push(`SUBGRAPHS_FILE: ${where} knows ${known.join(', ')}, not "${name}"`);
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
