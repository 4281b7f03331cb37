import { AppError, type ErrorDetails } from '@nova/errors';

/** Bounds how much of one kind of work runs and waits at the same time. */
export type Bulkhead = {
  /**
   * Runs `work` now or, when all places are taken, in the order of arrival. Rejects with OVERLOADED when the
   * queue is full, and with the signal's reason when it aborts while `work` still waits.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  readonly running: number;
  readonly queued: number;
};

/** `name` says in the error what there is too much of; the error has the `details`. */
export function createBulkhead(options: {
  name: string;
  maxRunning: number;
  maxQueued: number;
  details?: ErrorDetails;
}): Bulkhead {
  const waiting = new Set<() => void>();
  let running = 0;

  const enter = (signal?: AbortSignal): Promise<void> | void => {
    signal?.throwIfAborted();
    if (running < options.maxRunning) {
      running += 1;
      return;
    }
    if (waiting.size >= options.maxQueued) {
      throw new AppError('OVERLOADED', `Too many requests wait for ${options.name}; try again later.`, {
        details: options.details,
      });
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(admit);
        reject(signal?.reason);
      };
      const admit = () => {
        waiting.delete(admit);
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(admit);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };

  // A freed place goes straight to the longest waiting work, so that newcomers cannot overtake it.
  const exit = () => {
    const [next] = waiting;
    if (next) next();
    else running -= 1;
  };

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        exit();
      }
    },
    get running() {
      return running;
    },
    get queued() {
      return waiting.size;
    },
  };
}
