import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { Advice } from '../bootstrap/advice.mjs';
import { withProgress } from '../bootstrap/progress.mjs';
import { keepRunning, type Server } from './keep-running.ts';
import type { LogPrinter } from './log-printer.ts';
import type { LauncherOptions } from './options.ts';
import type { ProcessTable } from './process-table.ts';
import { startWatchdog } from './watchdog.ts';

export type LauncherRedis = { readonly url: string; stop(): Promise<void> };

type Context = { readonly options: LauncherOptions; readonly table: ProcessTable; readonly logs: LogPrinter };

const readyWithinMs = 30_000;
const stopWithinMs = 5_000;
const tailLines = 15;

/** Starts the machine's redis-server on the instance's port and brings it back when it dies. Throws `Advice` with its last words. */
export async function startRedis(context: Context): Promise<LauncherRedis> {
  const { options, logs } = context;
  const port = options.port + 98;
  const dir = join(options.dataDir, 'redis');
  mkdirSync(dir, { recursive: true });
  const start = () => startServer(context, { port, dir });
  const running = await withProgress({ title: 'starting Redis', done: 'Redis' }, start);
  const kept = keepRunning({ name: 'redis', running, start, logs });
  return { url: `redis://127.0.0.1:${port}`, stop: kept.stop };
}

async function startServer({ options, table, logs }: Context, at: { port: number; dir: string }): Promise<Server> {
  const flags = { port: at.port, bind: '127.0.0.1', dir: at.dir, appendonly: 'yes', daemonize: 'no' };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // A session of its own: it must outlive its clients when Ctrl-C is pressed in a terminal.
  const child = spawn('redis-server', args, { cwd: at.dir, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = endOf(child);
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      if (tail.push(line) > tailLines) tail.shift();
      if (options.verbose) logs.line('redis', line);
    });
  if (child.pid) {
    const watchdog = startWatchdog({ name: 'redis', pid: child.pid, dataDir: at.dir });
    const forget = table.add({ name: 'redis', pid: child.pid });
    void exited.then(() => {
      watchdog.kill('SIGKILL');
      forget();
    });
  }
  const stop = () => end(child, exited);
  if (await becomesReady(child, at.port)) return { exited, stop };
  await stop();
  throw new Advice(`Redis did not start. The end of its log:\n${tail.join('\n')}`);
}

/** Resolves when it is gone, or could not be started at all. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}

async function becomesReady(child: ChildProcess, port: number): Promise<boolean> {
  const deadlineMs = performance.now() + readyWithinMs;
  while (isRunning(child) && performance.now() < deadlineMs) {
    if (await answersPing(port)) return isRunning(child);
    await delay(50);
  }
  return false;
}

/** While it loads its data it answers with an error. */
async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
  try {
    const [data] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    return String(data).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function end(child: ChildProcess, exited: Promise<void>): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(child)) break;
    child.kill(signal);
    await Promise.race([exited, delay(stopWithinMs, undefined, { ref: false })]);
  }
  await exited;
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
