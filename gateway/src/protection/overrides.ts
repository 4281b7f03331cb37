import { readFileSync } from 'node:fs';
import { ConfigError } from '@nova/runtime';
import { type LimitMode, limitModes } from './limits.ts';

/** Limits that one operation or one client may have of its own: what is checked with every request. */
export const overridableLimits = ['complexity', 'fetches', 'waves'] as const;
export type OverridableLimit = (typeof overridableLimits)[number];

export type LimitOverride = { readonly limit?: number; readonly mode?: LimitMode };
export type LimitOverrides = Readonly<Partial<Record<OverridableLimit, LimitOverride>>>;

/** Whose request it is, as far as that is proven: nobody raises a limit by taking a name. */
export type Caller = {
  /** Name of the manifest's operation whose document it is. */
  readonly operation?: string | undefined;
  /** The client whose key came with the request. */
  readonly client?: string | undefined;
};

/** What LIMITS_FILE says, by name. */
export type OverrideTable = {
  readonly operations: ReadonlyMap<string, LimitOverrides>;
  readonly clients: ReadonlyMap<string, LimitOverrides>;
};

/** What counts for a request where it differs from the settings: an operation's word before its client's. */
export function overrideFor(
  { operations, clients }: OverrideTable,
  { operation = '', client = '' }: Caller,
  limit: OverridableLimit,
): LimitOverride {
  return { ...clients.get(client)?.[limit], ...operations.get(operation)?.[limit] };
}

const noOverrides: OverrideTable = { operations: new Map(), clients: new Map() };

/** Throws ConfigError with every problem of the file. */
export function readOverrides(file: string | undefined): OverrideTable {
  if (file === undefined) return noOverrides;
  const problems: string[] = [];
  const given = parseFile(file);
  for (const name of Object.keys(given))
    if (name !== 'operations' && name !== 'clients') problems.push(`has "${name}"; it may have operations and clients`);
  const table = (section: 'operations' | 'clients') =>
    new Map(
      Object.entries(recordOf(given[section] ?? {}, section, problems)).map(([name, limits]) => [
        name,
        overridesOf(limits, `${section}.${name}`, problems),
      ]),
    );
  const overrides = { operations: table('operations'), clients: table('clients') };
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `LIMITS_FILE (${file}) ${problem}`));
  return overrides;
}

function parseFile(file: string): Record<string, unknown> {
  let reason = 'it is not an object';
  try {
    const given: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(given)) return given;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new ConfigError([`LIMITS_FILE (${file}) cannot be read: ${reason}`]);
}

function overridesOf(given: unknown, place: string, problems: string[]): LimitOverrides {
  const overrides: Partial<Record<OverridableLimit, LimitOverride>> = {};
  for (const [name, value] of Object.entries(recordOf(given, place, problems))) {
    const limit = overridableLimits.find((it) => it === name);
    if (!limit) problems.push(`has ${place}.${name}; the limits it may have are ${overridableLimits.join(', ')}`);
    else overrides[limit] = overrideOf(value, `${place}.${name}`, problems);
  }
  return overrides;
}

function overrideOf(given: unknown, place: string, problems: string[]): LimitOverride {
  const { limit, mode, ...others } = typeof given === 'number' ? { limit: given } : recordOf(given, place, problems);
  for (const name of Object.keys(others)) problems.push(`has ${place}.${name}; a limit has limit and mode`);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && (limit as number) > 0))
    problems.push(`has ${JSON.stringify(limit)} for ${place}, not a whole number above 0`);
  if (mode !== undefined && !limitModes.some((known) => known === mode))
    problems.push(`has ${JSON.stringify(mode)} for ${place}.mode, not ${limitModes.join(', ')}`);
  return {
    ...(limit !== undefined && { limit: limit as number }),
    ...(mode !== undefined && { mode: mode as LimitMode }),
  };
}

function recordOf(value: unknown, place: string, problems: string[]): Record<string, unknown> {
  if (isRecord(value)) return value;
  problems.push(`has ${JSON.stringify(value)} for ${place}, not an object`);
  return {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
