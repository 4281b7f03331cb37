import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A process and when it started: a number alone is given to somebody else sooner or later.
 * @returns {{ pid: number, startedAt: string } | undefined} undefined when it is not running.
 */
export function identify(pid) {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt ? { pid, startedAt } : undefined;
}

/** Whether the process that `identify` saw still runs. */
export function isRunning({ pid, startedAt }) {
  return identify(pid)?.startedAt === startedAt;
}

/** The command line of a process, shortened for a message; undefined when it cannot be read. */
export function commandOf(pid) {
  try {
    const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const command = [basename(program), ...args].join(' ').trim();
    return command.length > 100 ? `${command.slice(0, 99)}…` : command || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process that may be gone. */
export function sendSignal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Waits for processes to end by themselves for `graceMs`, then makes them.
 * @param {Array<{ name: string, pid: number, startedAt: string }>} processes
 */
export async function endLeftovers(processes, graceMs) {
  const running = () => processes.filter(isRunning);
  const gone = async (timeoutMs) => {
    for (const until = Date.now() + timeoutMs; Date.now() < until; await delay(50)) {
      if (running().length === 0) return true;
    }
    return running().length === 0;
  };
  if (await gone(graceMs)) return;
  // SIGQUIT makes PostgreSQL end at once without losing what was committed; SIGKILL would leave its children.
  for (const { name, pid } of running()) sendSignal(pid, name === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
  if (await gone(5_000)) return;
  for (const { pid } of running()) sendSignal(pid, 'SIGKILL');
  await gone(1_000);
}

function startFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Of an ended process with threads the first one is done before the others let go of ports and files.
    const ended = fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1;
    return ended ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startFromPs(pid) {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
