import { parseArgs } from 'node:util';
import { type DeadLetterCause, deadLetterCauses } from '@nova/events';
import type { DeadLetterSelection } from '@nova/outbox';
import { UsageError } from '../command.ts';

const options = {
  domain: { type: 'string' },
  group: { type: 'string' },
  cause: { type: 'string' },
  by: { type: 'string' },
  first: { type: 'string' },
  after: { type: 'string' },
  all: { type: 'boolean' },
  wait: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export type Flag = keyof typeof options;

export type EventArguments = {
  readonly domain: string;
  readonly id: string | undefined;
  readonly group: string | undefined;
  readonly cause: DeadLetterCause | undefined;
  readonly by: string | undefined;
  readonly first: number;
  readonly after: string | undefined;
  readonly all: boolean;
  readonly wait: boolean;
  readonly json: boolean;
};

/** `allowed`: what this command takes besides --domain and --json. Throws `UsageError`. */
export function readArguments(args: readonly string[], allowed: readonly (Flag | 'id')[]): EventArguments {
  const { values, positionals } = parse(args);
  const unknown = Object.keys(values).find((name) => ![...allowed, 'domain', 'json'].includes(name));
  if (unknown !== undefined) throw new UsageError(`This command does not take --${unknown}.`);
  if (positionals.length > (allowed.includes('id') ? 1 : 0))
    throw new UsageError(`This command does not take "${positionals.at(-1)}".`);
  if (!values.domain) throw new UsageError('Name the domain: --domain <domain>.');
  const { domain, group, by, after } = values;
  return {
    domain,
    group,
    by,
    after,
    id: positionals[0],
    cause: readCause(values.cause),
    first: readFirst(values.first),
    all: values.all ?? false,
    wait: values.wait ?? false,
    json: values.json ?? false,
  };
}

/** Exactly one of an id, --cause and --all. */
export function readSelection({ id, cause, all, group }: EventArguments): DeadLetterSelection {
  const chosen = [
    ...(id === undefined ? [] : [{ id, group }]),
    ...(cause === undefined ? [] : [{ causeCode: cause, group }]),
    ...(all ? [{ all: true as const, group }] : []),
  ];
  const [selection] = chosen;
  if (!selection || chosen.length > 1) throw new UsageError('Say which: an id, --cause <cause> or --all.');
  return selection;
}

export function readId({ id }: EventArguments): string {
  if (id === undefined) throw new UsageError('Name the dead letter by its id.');
  return id;
}

export function readBy({ by }: EventArguments, env: NodeJS.ProcessEnv): string {
  const who = by ?? env.USER;
  if (!who) throw new UsageError('Say who asks: --by <name>.');
  return who;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readCause(text: string | undefined): DeadLetterCause | undefined {
  if (text === undefined) return undefined;
  const cause = deadLetterCauses.find((known) => known === text);
  if (!cause) throw new UsageError(`--cause is one of ${deadLetterCauses.join(', ')}, not "${text}".`);
  return cause;
}

function readFirst(text = '50'): number {
  if (!/^\d{1,4}$/.test(text)) throw new UsageError(`--first is a number, not "${text}".`);
  return Number(text);
}
