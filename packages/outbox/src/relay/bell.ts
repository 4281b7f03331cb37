/**
 * Wakes one waiter. A ring between `hush` and `wait` is not lost: the wait is over at once. So a reader hushes, reads, and
 * waits only when it found nothing.
 */
export type Bell = {
  ring(): void;
  hush(): void;
  wait(timeoutMs: number): Promise<void>;
};

export function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    hush() {
      rung = false;
    },
    async wait(timeoutMs) {
      if (rung || timeoutMs <= 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      wake = resolve;
      await promise;
      clearTimeout(timer);
      wake = undefined;
    },
  };
}
