import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Output } from './command.ts';

/** Writes built files, or with `check` names those that differ from what is on disk and how to mend it. Returns the exit code. */
export function writeOrCheck(
  files: ReadonlyMap<URL, string>,
  options: { check: boolean; output: Output; command: string },
): number {
  const stale = [...files].filter(([file, text]) => textOf(file) !== text);
  if (stale.length === 0) {
    options.output.log(`${options.command}: up to date.`);
    return 0;
  }
  const names = stale.map(([file]) => basename(fileURLToPath(file))).join(', ');
  if (options.check) {
    options.output.error(`${names} out of date: run "npm run nova -- ${options.command}" and commit the result.`);
    return 1;
  }
  for (const [file, text] of stale) writeFileSync(file, text);
  options.output.log(`${options.command}: wrote ${names}.`);
  return 0;
}

function textOf(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
