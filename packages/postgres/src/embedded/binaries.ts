import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { EmbeddedPostgresError, failureOf } from './embedded-postgres-error.ts';

export type Binaries = {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  readonly majorVersion: string;
};

const run = promisify(execFile);

/**
 * The PostgreSQL programs for this machine. They come from the bare platform packages: the `embedded-postgres` wrapper
 * around them exits the process on SIGINT before anything else could stop in order (docs/adr/0001).
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const { postgres, initdb, pg_ctl: pgCtl } = await importPlatformPackage(platform);
  try {
    const { stdout } = await run(postgres, ['--version']);
    const majorVersion = /(\d+)/.exec(stdout)?.[1];
    if (!majorVersion) throw new EmbeddedPostgresError(`PostgreSQL does not say its version: ${stdout}`);
    return { postgres, initdb, pgCtl, majorVersion };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    throw failureOf(`PostgreSQL does not run on this machine (${platform}).`, String(error).trim().split('\n'));
  }
}

type PlatformPackage = { postgres: string; initdb: string; pg_ctl: string };

async function importPlatformPackage(platform: string): Promise<PlatformPackage> {
  const name = `@embedded-postgres/${platform}`;
  let file: string;
  try {
    file = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${platform}: the package ${name} is not installed. Supported are Linux (glibc) and macOS on x64 and arm64.`,
    );
  }
  return (await import(pathToFileURL(file).href)) as PlatformPackage;
}
