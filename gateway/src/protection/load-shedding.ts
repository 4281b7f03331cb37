import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AppError } from '@nova/errors';
import { createBulkhead } from '@nova/resilience';

/** Keeps a process that has too much to do answering: quickly, and no to what it cannot do. */
export type LoadShedding = {
  /** Runs `work` now or when there is a place. Rejects with OVERLOADED, or with the signal's reason while it waits. */
  admit<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Throws while the event loop is late: others should be asked. */
  check(): void;
  readonly running: number;
  readonly queued: number;
  stop(): void;
};

export type LoadLimits = {
  readonly maxRunning: number;
  readonly maxQueued: number;
  /** How late the event loop may be, at the mean of two seconds. */
  readonly maxLagMs: number;
};

/** Long enough that one long turn, such as a new supergraph, is not taken for too much to do. */
const windowMs = 2_000;
const resolutionMs = 10;

export function createLoadShedding({ maxRunning, maxQueued, maxLagMs }: LoadLimits): LoadShedding {
  const bulkhead = createBulkhead({ name: 'the gateway', maxRunning, maxQueued });
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  let lagMs = 0;
  let isLate = false;
  const timer = setInterval(() => {
    // Without a sample the loop was not late, or stood still for the whole window and is measured by the next one.
    lagMs = delay.count === 0 ? 0 : Math.max(0, delay.mean / 1e6 - resolutionMs);
    delay.reset();
    // Half of it, so that it does not change its mind at every look.
    isLate = lagMs > (isLate ? maxLagMs / 2 : maxLagMs);
  }, windowMs).unref();
  return {
    async admit(work, signal) {
      if (isLate)
        throw new AppError('OVERLOADED', 'The gateway has more to do than it can; try again later.', {
          details: { lagMs: Math.round(lagMs), limit: maxLagMs },
        });
      return bulkhead.run(work, signal);
    },
    check() {
      if (isLate) throw new Error(`the event loop is ${Math.round(lagMs)} ms late`);
    },
    get running() {
      return bulkhead.running;
    },
    get queued() {
      return bulkhead.queued;
    },
    stop() {
      clearInterval(timer);
      delay.disable();
    },
  };
}
