import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { vi } from 'vitest';
import { requireFreePorts } from '../dev/start/ports.mjs';

export const root = join(import.meta.dirname, '../..');
const printedWithinMs = 120_000;

export const startScript = join(root, 'deploy/dev/start.mjs');

/** A path that does not exist yet: the start makes it, so that the database's user may enter it. */
export function newDataDir(): string {
  return join(tmpdir(), `nova-start-${randomBytes(6).toString('hex')}`);
}

/** A base port whose ports are all free, below those of other tests and those the system hands out for outgoing connections. */
export async function freeBasePort(): Promise<number> {
  for (;;) {
    // Not 10000: it would need 10080, which fetch refuses.
    const port = randomInt(101, 200) * 100;
    const free = await requireFreePorts({ port, host: '127.0.0.1', kafka: true, redis: true }).then(
      () => true,
      () => false,
    );
    if (free) return port;
  }
}

export type Nova = {
  readonly child: ChildProcess;
  readonly port: number;
  /** Everything printed so far. */
  output(): string;
  /** Waits until something was printed; fails with the output when it ends first. */
  printed(what: string | RegExp): Promise<void>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
};

/** Runs a command that starts Nova, by default what `npm start` runs. */
export function startNova(options: {
  port: number;
  dataDir: string;
  command?: readonly string[];
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}): Nova {
  const [program = 'node', ...before] = options.command ?? ['node', startScript];
  const args = ['--port', String(options.port), '--data-dir', options.dataDir, ...(options.args ?? [])];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const child = spawn(program, [...before, ...args], {
    cwd: root,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  let isOver = false;
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => {
      isOver = true;
      resolve(code ?? signal ?? 1);
    });
  });
  return {
    child,
    port: options.port,
    output: () => output,
    async printed(what) {
      const found = () => (typeof what === 'string' ? output.includes(what) : what.test(output));
      const endsAtMs = performance.now() + printedWithinMs;
      while (!isOver && !found() && performance.now() < endsAtMs) await delay(25);
      if (!found()) throw new Error(`It ${isOver ? 'ended' : 'goes on'} without printing ${what}:\n${output}`);
    },
    ended,
  };
}

/** Starts over one data directory, which the first one fills with few people. */
export function startsOn(dataDir: string) {
  const started: Nova[] = [];
  const start = async (options: { command?: string[]; port?: number } = {}): Promise<Nova> => {
    const { port = await freeBasePort(), ...rest } = options;
    const nova = startNova({ ...rest, port, dataDir, args: existsSync(dataDir) ? [] : ['--seed-size', '20'] });
    started.push(nova);
    return nova;
  };
  return {
    start,
    async ready(options: { command?: string[] } = {}): Promise<Nova> {
      const nova = await start(options);
      await nova.printed('Ready in');
      return nova;
    },
    processNamed(part: string): number {
      const found = processesOn(dataDir).find(({ command }) => command.includes(part));
      if (!found) throw new Error(`No process runs ${part}.`);
      return found.pid;
    },
    async endAll(): Promise<void> {
      for (const { child, ended } of started.splice(0)) {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

export type FoundProcess = { readonly pid: number; readonly command: string };

/** Processes whose command line or environment names the data directory, or that work in it: everything a start runs. */
export function processesOn(dataDir: string): FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ') }))
    .filter(({ command, pid }) =>
      [command, read(`/proc/${pid}/environ`), cwdOf(pid)].some((text) => text.includes(dataDir)),
    );
}

export async function nothingLeft(dataDir: string): Promise<void> {
  await vi.waitFor(
    () => {
      const left = processesOn(dataDir);
      if (left.length > 0) throw new Error(`Still running: ${JSON.stringify(left)}`);
    },
    { timeout: 15_000, interval: 50 },
  );
}

/** Redis shows another command line than it was given. */
function cwdOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export type TableEntry = { readonly name: string; readonly pid: number; readonly startedAt: string };

/** The parts that run, as the instance itself has noted them. */
export function processTable(dataDir: string): readonly TableEntry[] {
  const text = read(join(dataDir, 'lock'));
  return text === '' ? [] : JSON.parse(text).facts.processes;
}
