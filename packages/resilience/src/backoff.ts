export type BackoffLimits = { readonly firstMs: number; readonly maxMs: number };

/**
 * How long to wait after so many failures (0: the first wait): doubles from `firstMs` to `maxMs`; the upper half is random, so
 * that many who wait for one thing do not return at once.
 */
export function backoffMs({ firstMs, maxMs }: BackoffLimits, failures: number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}

export type Backoff = {
  /** Milliseconds to wait after one more failure. */
  next(): number;
  /** After a success. */
  reset(): void;
};

/** Counts the failures itself. */
export function createBackoff(limits: BackoffLimits): Backoff {
  let failures = 0;
  return {
    next() {
      failures += 1;
      return backoffMs(limits, failures - 1);
    },
    reset() {
      failures = 0;
    },
  };
}

/** Resolves to false, at once, when the signal aborts. */
export function waitFor(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = (elapsed: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(elapsed);
    };
    const abort = () => finish(false);
    const timer = setTimeout(finish, delayMs, true);
    signal.addEventListener('abort', abort, { once: true });
  });
}
