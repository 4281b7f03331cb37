import { readJsonFile } from '@nova/runtime';
import { z } from 'zod';
import { limitModes } from './limits.ts';

/** `7` is short for `{ "limit": 7 }`. */
const override = z.preprocess(
  (given) => (typeof given === 'number' ? { limit: given } : given),
  z
    .strictObject(
      { limit: z.int().positive(), mode: z.enum(limitModes) },
      { error: ({ code }) => (code === 'invalid_type' ? 'Invalid input: expected number or object' : undefined) },
    )
    .partial(),
);
const overrides = z.strictObject({ complexity: override, fetches: override, waves: override }).partial();
const overridesByName = z.record(z.string(), overrides).default({});
const limitsFile = z.strictObject({ operations: overridesByName, clients: overridesByName });

/** Limits that one operation or one client may have of its own: what is checked with every request. */
export const overridableLimits = overrides.keyof().options;
export type OverridableLimit = (typeof overridableLimits)[number];

export type LimitOverride = Readonly<z.infer<typeof override>>;
export type LimitOverrides = Readonly<z.infer<typeof overrides>>;

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

/** Throws ConfigError with every problem of the file. */
export function readOverrides(file: string | undefined): OverrideTable {
  const { operations, clients } =
    file === undefined ? limitsFile.parse({}) : readJsonFile('LIMITS_FILE', file, limitsFile);
  return { operations: new Map(Object.entries(operations)), clients: new Map(Object.entries(clients)) };
}
