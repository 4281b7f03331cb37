/**
 * Lets a reader sleep without missing what came between its empty read and its sleep: it resets, reads, and waits only when
 * it found nothing. A wake between `reset` and `wait` ends the wait at once.
 */
export type WakeUp = {
  wake(): void;
  reset(): void;
  /** Resolves once `wake` was called since `reset`, or when the time is up. */
  wait(timeoutMs?: number): Promise<void>;
};

/** For one waiter. */
export function createWakeUp(): WakeUp {
  let isDue = false;
  let resume: (() => void) | undefined;
  return {
    wake() {
      isDue = true;
      resume?.();
    },
    reset() {
      isDue = false;
    },
    async wait(timeoutMs) {
      if (isDue || (timeoutMs !== undefined && timeoutMs <= 0)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      resume = resolve;
      await promise;
      clearTimeout(timer);
      resume = undefined;
    },
  };
}
