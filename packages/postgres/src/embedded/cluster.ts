import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError, failureOf } from './embedded-postgres-error.ts';
import { recentLines } from './recent-lines.ts';

export const superuser = 'postgres';

/** Where things lie under the directory a caller names. */
export type Home = { readonly dir: string; readonly clusterDir: string; readonly passwordFile: string };

const unfinishedPrefix = 'unfinished-';

/** Makes the directory when it is missing, and opens it far enough for the server's account to reach the cluster in it. */
export function openHome(path: string): Home {
  mkdirSync(path, { recursive: true });
  const dir = realpathSync(path);
  if (process.getuid?.() === 0) chmodSync(dir, 0o711);
  return { dir, clusterDir: join(dir, 'cluster'), passwordFile: join(dir, 'superuser-password') };
}

/** The superuser's password: random, made once, readable by the caller alone. */
export function superuserPassword(home: Home): string {
  if (existsSync(home.passwordFile)) return readFileSync(home.passwordFile, 'utf8');
  if (existsSync(home.clusterDir)) {
    throw new EmbeddedPostgresError(
      `${home.passwordFile} is gone, so nobody can log in to the database beside it. Start with --reset.`,
    );
  }
  const password = randomBytes(24).toString('base64url');
  writeFileSync(home.passwordFile, password, { mode: 0o600 });
  return password;
}

/** Throws when the cluster was made by another major version: its files cannot be read. */
export function requireSameMajor(home: Home, binaries: Binaries): void {
  const found = readFileSync(join(home.clusterDir, 'PG_VERSION'), 'utf8').trim();
  if (found === binaries.majorVersion) return;
  throw new EmbeddedPostgresError(
    `${home.clusterDir} was made by PostgreSQL ${found}, but this is PostgreSQL ${binaries.majorVersion}. ` +
      'Start with --reset to make it anew, or use another data directory.',
  );
}

/** Creates the cluster. It gets its name only when it is complete, so an interrupted start leaves nothing that looks usable. */
export async function createCluster(options: {
  home: Home;
  binaries: Binaries;
  password: string;
  account: Account | undefined;
  durable: boolean;
}): Promise<void> {
  const { home, account } = options;
  for (const name of readdirSync(home.dir)) {
    if (name.startsWith(unfinishedPrefix))
      rmSync(join(home.dir, name), { recursive: true, force: true, maxRetries: 5 });
  }
  const workDir = join(home.dir, `${unfinishedPrefix}${randomBytes(6).toString('hex')}`);
  const clusterDir = join(workDir, 'cluster');
  const passwordFile = join(workDir, 'password');
  mkdirSync(workDir, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (account) for (const path of [workDir, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const output = recentLines(20);
    const child = spawnProgram(
      options.binaries.initdb,
      initdbFlags({ clusterDir, passwordFile, durable: options.durable }),
      {
        account,
        cwd: workDir,
      },
    );
    for (const stream of [child.stdout, child.stderr]) if (stream) output.follow(stream);
    const [code] = await once(child, 'close');
    if (code !== 0) throw failureOf('The database could not be created (initdb failed).', output.lines);
    renameSync(clusterDir, home.clusterDir);
  } finally {
    rmSync(workDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function initdbFlags(options: { clusterDir: string; passwordFile: string; durable: boolean }): string[] {
  return [
    `--pgdata=${options.clusterDir}`,
    `--username=${superuser}`,
    `--pwfile=${options.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    ...(options.durable ? [] : ['--no-sync']),
  ];
}

/**
 * Starts a PostgreSQL program as the account, in a process group of its own: Ctrl-C in a terminal goes to the whole
 * foreground group, and the database must outlive its clients. PG* variables of the caller's shell do not reach it.
 */
export function spawnProgram(
  program: string,
  args: readonly string[],
  options: { account: Account | undefined; cwd: string },
): ChildProcess {
  return spawn(program, args, {
    cwd: options.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    ...(options.account ? { uid: options.account.uid, gid: options.account.gid } : {}),
  });
}
