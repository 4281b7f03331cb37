import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const programs = {
  redis: ['redis-server'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
} as const;

/** A program that a suite needs and a machine may lack. */
export type ServiceProgram = { readonly path: string } | { readonly path: undefined; readonly reason: string };

/**
 * Looks for a program on PATH. Suites that need it are skipped with the reason when it is missing; with
 * REQUIRE_SERVICES=1 its absence throws, so that CI cannot pass without them.
 */
export function findService(name: keyof typeof programs): ServiceProgram {
  for (const program of programs[name]) {
    for (const directory of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(directory, program);
      if (isExecutable(path)) return { path };
    }
  }
  const reason = `${programs[name][0]} is not on this machine`;
  if (process.env.REQUIRE_SERVICES === '1') throw new Error(`${reason}, and REQUIRE_SERVICES=1 asks for it.`);
  return { path: undefined, reason };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
