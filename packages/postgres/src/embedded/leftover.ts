import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

/** Stops the server that a crashed starter left on this cluster; a lock file whose process is gone or foreign is no obstacle. */
export async function stopLeftover(options: {
  clusterDir: string;
  binaries: Binaries;
  account: Account | undefined;
}): Promise<void> {
  const lockFile = join(options.clusterDir, 'postmaster.pid');
  const pid = Number(existsSync(lockFile) ? readFileSync(lockFile, 'utf8').split('\n')[0] : Number.NaN);
  if (!Number.isInteger(pid) || !isRunning(pid)) return;
  if (!isServerOf({ ...options, pid })) {
    // The number went to somebody else's process, and the server would take that for itself.
    rmSync(lockFile, { force: true });
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    send(pid, signal);
    if (await isGone(pid, 10_000)) return;
  }
  throw new EmbeddedPostgresError(`The PostgreSQL server left on ${options.clusterDir} (pid ${pid}) does not stop.`);
}

async function isGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!isRunning(pid)) return true;
    await delay(50);
  }
  return false;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A process that has ended but was not collected by its parent still answers signal 0.
  return !/^State:\s+Z/m.test(readOrEmpty(`/proc/${pid}/status`));
}

function isServerOf(options: {
  pid: number;
  clusterDir: string;
  binaries: Binaries;
  account: Account | undefined;
}): boolean {
  if (process.platform === 'linux') {
    const words = readOrEmpty(`/proc/${options.pid}/cmdline`).split('\0');
    return words[0]?.endsWith('/postgres') === true && words.includes(options.clusterDir);
  }
  const { status } = spawnSync(options.binaries.pgCtl, ['status', '-D', options.clusterDir], {
    ...(options.account ? { uid: options.account.uid, gid: options.account.gid } : {}),
  });
  return status === 0;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
