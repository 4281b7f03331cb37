import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

const programs = {
  redis: ['redis-server'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  java: ['java'],
  maven: ['mvn'],
  pgbouncer: ['pgbouncer'],
  ffmpeg: ['ffmpeg'],
} as const;

/**
 * The path of a program that a test needs and a machine may lack. Without it the test is skipped with the reason; with
 * REQUIRE_SERVICES=1 it fails, so that CI cannot pass without.
 */
export function requireService(context: TestContext, name: keyof typeof programs): string {
  const path = findProgram(programs[name]);
  if (path !== undefined) return path;
  const reason = `${programs[name][0]} is not on this machine`;
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(`${reason}, and REQUIRE_SERVICES=1 asks for it.`);
  return context.skip(reason);
}

function findProgram(names: readonly string[]): string | undefined {
  // Servers often lie where an ordinary user's PATH does not lead.
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
