import { Worker } from 'node:worker_threads';
import { AppError } from '@nova/errors';
import { type LoadedSupergraph, SupergraphError } from '../supergraph.ts';
import type { FromThread, PlanRequest, ThreadData } from './thread-messages.ts';

/** One thread with one supergraph. It plans one operation at a time. */
export type PlanningThread = {
  readonly loaded: LoadedSupergraph;
  /** The plan as JSON. Rejects with PLANNING_LIMIT_EXCEEDED, after which the thread has ended, or with what went wrong. */
  plan(request: PlanRequest): Promise<string>;
  /** Whether it can plan no more. */
  readonly hasEnded: boolean;
  end(): Promise<void>;
};

const mostHeapMb = 256;
/** Left to itself V8 takes 100 MB for what is soon garbage. */
const mostYoungMb = 16;
const openWithinMs = 60_000;

/** Rejects with `SupergraphError` when the text cannot be served. `timeLimitMs` is of the thread's processor time. */
export async function startPlanningThread(data: ThreadData, timeLimitMs: number): Promise<PlanningThread> {
  const worker = new Worker(new URL('./planner-thread.ts', import.meta.url), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: mostHeapMb, maxYoungGenerationSizeMb: mostYoungMb },
    // Nothing of the serving thread's: a debugger's port or a test runner's loader would be taken twice.
    execArgv: [],
  });
  worker.unref();
  let hasEnded = false;
  let listener: ((message: FromThread | Error) => void) | undefined;
  worker.on('message', (message: FromThread) => listener?.(message));
  worker.on('error', (error) => {
    hasEnded = true;
    listener?.(error instanceof Error ? error : new Error(String(error)));
  });
  worker.on('exit', () => {
    hasEnded = true;
    listener?.(new Error('The planning thread ended.'));
  });
  const next = () => {
    const { promise, resolve } = Promise.withResolvers<FromThread | Error>();
    listener = resolve;
    return promise;
  };

  const opening = setTimeout(() => void worker.terminate(), openWithinMs);
  const first = await next();
  clearTimeout(opening);
  if (first instanceof Error || first.kind !== 'opened') {
    await worker.terminate();
    const reason = first instanceof Error || first.kind !== 'unusable' ? 'it could not be opened' : first.message;
    throw new SupergraphError(reason, first instanceof Error ? { cause: first } : {});
  }
  return {
    loaded: first.loaded,
    async plan(request) {
      const answered = next();
      const timer = await watch(worker, timeLimitMs);
      worker.postMessage(request);
      const answer = await answered;
      timer.stop();
      if (timer.isOver() || isTooLarge(answer)) throw tooHard(timeLimitMs);
      if (answer instanceof Error) throw new Error('The operation could not be planned.', { cause: answer });
      if (answer.kind === 'planned') return answer.plan;
      throw new Error('The operation could not be planned.', { cause: answer });
    },
    get hasEnded() {
      return hasEnded;
    },
    async end() {
      await worker.terminate();
    },
  };
}

/**
 * Ends the thread once it used up its processor time. That is looked at, not the clock: on a busy machine a thread that waits
 * for its turn does not plan long.
 */
async function watch(worker: Worker, limitMs: number) {
  const usedMs = async () => {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1000;
  };
  const before = await usedMs();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const used = (await usedMs().catch(() => 0)) - before;
    if (timer === undefined) return;
    if (used < limitMs) {
      timer = setTimeout(look, Math.max(5, limitMs - used));
      return;
    }
    isOver = true;
    await worker.terminate();
  };
  timer = setTimeout(look, limitMs);
  return {
    isOver: () => isOver,
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function isTooLarge(answer: FromThread | Error): boolean {
  if (answer instanceof Error) return 'code' in answer && answer.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return answer.kind === 'failed' && answer.isTooLarge;
}

function tooHard(limitMs: number): AppError {
  return new AppError(
    'PLANNING_LIMIT_EXCEEDED',
    `There are too many ways to fetch the operation to choose one within ${limitMs} ms; ask for less at once.`,
    { details: { limitMs } },
  );
}
