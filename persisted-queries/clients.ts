import { globSync } from 'node:fs';
import { dirname } from 'node:path';

/** Clients that have operations here, each in a folder of its name. */
export function clientNames(): string[] {
  const files = globSync('*/*.graphql', { cwd: import.meta.dirname });
  return [...new Set(files.map((file) => dirname(file)))].sort();
}
