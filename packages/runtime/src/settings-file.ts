import { readFileSync } from 'node:fs';
import type { core, ZodType } from 'zod';
import { ConfigError } from './settings.ts';

/** The text of the file that a setting names. Throws ConfigError when it cannot be read. */
export function readTextFile(settingName: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError([`${settingName} names a file that cannot be read (${reason}): ${file}`]);
  }
}

/** What is in the JSON file that a setting names, by its schema. Throws ConfigError with every problem and its place. */
export function readJsonFile<T>(settingName: string, file: string, schema: ZodType<T>): T {
  const text = readTextFile(settingName, file);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`${settingName} (${file}) is not JSON: ${(error as Error).message}`]);
  }
  const { data, error } = schema.safeParse(content, { reportInput: true, error: nameKnownKeys });
  if (!error) return data;
  throw new ConfigError(
    error.issues.map(({ path, message, code, input }) => {
      const place = path.length === 0 ? '' : ` at ${path.join('.')}`;
      // The message names the keys; their object may be the whole file.
      const given = code === 'unrecognized_keys' ? '' : ` (it is ${JSON.stringify(input)})`;
      return `${settingName} (${file})${place}: ${message}${given}`;
    }),
  );
}

/** Undefined for what the library's own message suffices for. */
function nameKnownKeys({ code, keys, inst }: core.$ZodRawIssue): string | undefined {
  if (code !== 'unrecognized_keys' || !inst || !('shape' in inst)) return undefined;
  return `Unrecognized keys ${JSON.stringify(keys)}: expected ${Object.keys(inst.shape as object).join(', ')}`;
}
