export type Backoff = { readonly firstMs: number; readonly maxMs: number };

/** Doubles from `firstMs` to `maxMs`; the upper half is random, so that many who wait for one thing do not return at once. */
export function backoffMs({ firstMs, maxMs }: Backoff, attempt: number): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
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
