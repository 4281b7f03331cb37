import { subscribe } from 'node:diagnostics_channel';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** What this process did since it was asked last. */
export type Figures = {
  /** Processor time of everything but the threads that plan. */
  readonly cpuMs: number;
  /**
   * The longest that timers had to wait for work of the thread that serves, in its processor time: on a busy machine the
   * clock would tell how long the thread itself waited for others.
   */
  readonly delayMs: number;
  /** After a garbage collection, where one was asked for. */
  readonly heapBytes: number;
  /** Names that somebody managed to put on Object.prototype. */
  readonly polluted: readonly string[];
};

export type FiguresRequest = { readonly collectGarbage: boolean };

const tickMs = 1;
const pristine: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));
const workers = new Map<Worker, { usedMs: number }>();

/**
 * Loaded into a gateway before its own code, answers by the channel to the process that forked it. What a thread that plans
 * used between the last look and its end is counted to the rest.
 */
function answerParent(): void {
  subscribe('worker_threads', (message) => {
    const { worker } = message as { worker: Worker };
    workers.set(worker, { usedMs: 0 });
    worker.once('exit', () => workers.delete(worker));
  });
  let delayMs = 0;
  let servedMs = 0;
  setInterval(() => {
    const nowMs = sum(process.threadCpuUsage());
    delayMs = Math.max(delayMs, nowMs - servedMs);
    servedMs = nowMs;
  }, tickMs);
  let lastMs = 0;
  process.on('message', async ({ collectGarbage }: FiguresRequest) => {
    // The delay of a turn is noted in the next one.
    await setTimeout(2 * tickMs);
    const cpuMs = sum(process.cpuUsage()) - (await newlyPlannedMs()) - lastMs;
    if (collectGarbage) await collectAll();
    process.send?.({
      cpuMs,
      delayMs,
      heapBytes: process.memoryUsage().heapUsed,
      polluted: Object.getOwnPropertyNames(Object.prototype).filter((name) => !pristine.has(name)),
    } satisfies Figures);
    delayMs = 0;
    servedMs = sum(process.threadCpuUsage());
    lastMs = sum(process.cpuUsage());
  });
}

/** What has a finalizer goes with the second collection. */
async function collectAll(): Promise<void> {
  for (let collection = 0; collection < 2; collection += 1) {
    globalThis.gc?.();
    await setTimeout(2 * tickMs);
  }
}

async function newlyPlannedMs(): Promise<number> {
  let newly = 0;
  for (const [worker, known] of workers) {
    const usedMs = await worker.cpuUsage().then(sum, () => known.usedMs);
    newly += usedMs - known.usedMs;
    known.usedMs = usedMs;
  }
  return newly;
}

function sum({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

answerParent();
