/** One environment variable: how to read it and what to tell the person who sets it. */
export type Setting<T> = {
  readonly description: string;
  /** What the settings table shows when the variable is not set. */
  readonly defaultText: string;
  read(raw: string | undefined): T;
};

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type SettingValues<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** Every problem of the environment in one message, so that they are mended in one go. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Reads all settings of a table; throws one `ConfigError` that names every problem. */
export function readSettings<const S extends Settings>(settings: S, env: NodeJS.ProcessEnv): SettingValues<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(settings)) {
    try {
      values[name] = spec.read(env[name] === '' ? undefined : env[name]);
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as SettingValues<S>;
}

type Options<T> = { description: string; default?: T };
type Required_<T, O> = O extends { default: T } ? T : O extends { optional: true } ? T | undefined : T;

function define<T, O extends Options<T> & { optional?: true }>(
  options: O,
  parse: (raw: string) => T,
): Setting<Required_<T, O>> {
  const fallback = options.default;
  return {
    description: options.description,
    defaultText: fallback === undefined ? (options.optional ? 'not set' : 'required') : String(fallback),
    read(raw) {
      if (raw !== undefined) return parse(raw) as Required_<T, O>;
      if (fallback !== undefined || options.optional) return fallback as Required_<T, O>;
      throw new Error('is required');
    },
  };
}

/** Makers of settings. Without `default` or `optional` a setting is required. */
export const setting = {
  string<O extends Options<string> & { optional?: true }>(options: O) {
    return define<string, O>(options, (raw) => raw);
  },
  url<O extends Options<string> & { optional?: true }>(options: O) {
    return define<string, O>(options, (raw) => {
      if (!URL.canParse(raw)) throw new Error('must be a URL');
      return raw;
    });
  },
  integer<O extends Options<number> & { optional?: true; min?: number; max?: number }>(options: O) {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
    return define<number, O>(options, (raw) => {
      const value = Number(raw);
      if (!/^-?\d+$/.test(raw) || value < min || value > max)
        throw new Error(`must be a whole number from ${min} to ${max}, not "${raw}"`);
      return value;
    });
  },
  oneOf<const T extends string, O extends Options<T> & { optional?: true }>(values: readonly T[], options: O) {
    return define<T, O>(options, (raw) => {
      if (!values.includes(raw as T)) throw new Error(`must be one of ${values.join(', ')}, not "${raw}"`);
      return raw as T;
    });
  },
  boolean<O extends Options<boolean> & { optional?: true }>(options: O) {
    return define<boolean, O>(options, (raw) => {
      if (raw !== 'true' && raw !== 'false') throw new Error(`must be true or false, not "${raw}"`);
      return raw === 'true';
    });
  },
  /** `value,value` */
  list(options: { description: string; default?: string }): Setting<readonly string[]> {
    return {
      description: options.description,
      defaultText: options.default ?? 'not set',
      read: (raw) => (raw ?? options.default ?? '').split(',').flatMap((part) => part.trim() || []),
    };
  },
  /** `name=value,name=value` */
  map(options: { description: string; default?: string }): Setting<ReadonlyMap<string, string>> {
    return {
      description: options.description,
      defaultText: options.default ?? 'not set',
      read: (raw) =>
        new Map(
          (raw ?? options.default ?? '')
            .split(',')
            .filter((part) => part.trim() !== '')
            .map((part) => {
              const at = part.indexOf('=');
              if (at < 1) throw new Error(`must be a list of name=value, not "${raw}"`);
              return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
            }),
        ),
    };
  },
};
