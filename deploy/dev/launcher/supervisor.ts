import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Advice } from '../bootstrap/advice.mjs';
import type { LogPrinter } from './log-printer.ts';
import { type ProcessSpec, spawnNode } from './node-process.ts';
import type { ProcessTable } from './process-table.ts';

export type Supervised = {
  readonly name: string;
  /** Resolves when the process is ready; rejects when it ends before that, and does not try again. */
  start(): Promise<void>;
  /** Ends the process and starts it anew; resolves when it is ready, rejects when it ends before that (it is tried again). */
  restart(): Promise<void>;
  /** Resolves when the process has ended and will not come back. */
  stop(): Promise<void>;
};

type Run = {
  readonly child: ChildProcess;
  readonly startedAtMs: number;
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
};

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A process that ran this long had a good start: the next pause is short again. */
const goodRunMs = 10_000;
const stopWithinMs = 4_000;
const readyWithinMs = 60_000;

/** Keeps one process running: when it ends by itself it is started again, after a pause that grows. */
export function supervise(spec: ProcessSpec, hooks: { table: ProcessTable; logs: LogPrinter }): Supervised {
  const { name } = spec;
  let wanted = false;
  let current: Run | undefined;
  let failures = 0;

  const begin = (): Run => {
    const run = startRun(spec, hooks);
    current = run;
    run.ready.catch(() => undefined);
    void run.ended.then(() => comeBack(run));
    return run;
  };

  const comeBack = async (run: Run): Promise<void> => {
    if (!wanted || current !== run) return;
    failures = performance.now() - run.startedAtMs > goodRunMs ? 0 : failures + 1;
    const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    hooks.logs.notice(name, `${howItEnded(run.child)}; starting it again in ${pauseMs / 1000} s`);
    await delay(pauseMs);
    if (!wanted || current !== run) return;
    await begin().ready.then(
      () => hooks.logs.notice(name, 'is back'),
      () => undefined,
    );
  };

  return {
    name,
    async start() {
      const run = begin();
      await run.ready;
      wanted = true;
      // It may have ended between being ready and being wanted.
      if (run.child.exitCode !== null || run.child.signalCode !== null) await comeBack(run);
    },
    async restart() {
      const before = current;
      current = undefined;
      if (before) await endRun(before);
      if (wanted) await begin().ready;
    },
    async stop() {
      wanted = false;
      if (current) await endRun(current);
    },
  };
}

function startRun(spec: ProcessSpec, hooks: { table: ProcessTable; logs: LogPrinter }): Run {
  const child = spawnNode(spec);
  const forget = child.pid ? hooks.table.add({ name: spec.name, pid: child.pid }) : () => undefined;
  for (const stream of [child.stdout, child.stderr]) if (stream) hooks.logs.follow(spec.name, stream);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  }).then(forget);
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type?: string }).type === 'ready') resolve();
    });
    const late = setTimeout(() => {
      reject(new Advice(`${spec.name} was not ready after ${readyWithinMs / 1000} s; its last words are above.`));
    }, readyWithinMs);
    child.once('message', () => clearTimeout(late));
    void ended.then(() => {
      clearTimeout(late);
      reject(new Advice(`${spec.name} ${howItEnded(child)} before it was ready; its last words are above.`));
    });
  });
  return { child, startedAtMs: performance.now(), ready, ended };
}

async function endRun({ child, ended }: Run): Promise<void> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(late);
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  return signalCode ? `was killed by ${signalCode}` : `ended with code ${exitCode}`;
}
