import { waitFor } from '@nova/resilience';

/** Work that is done again and again until it is stopped. */
export type BackgroundLoop = {
  /** Waits for what runs. */
  stop(): Promise<void>;
};

/** Calls `work` at once, then `idleMs` after it said there is no more to do, or that it failed; else without a pause. */
export function startBackgroundLoop(options: {
  work: (signal: AbortSignal) => Promise<{ readonly more: boolean }>;
  idleMs: number;
  onFailure: (error: unknown) => void;
}): BackgroundLoop {
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      const more = await options.work(signal).then(
        (done) => done.more,
        (error: unknown) => {
          options.onFailure(error);
          return false;
        },
      );
      if (!more) await waitFor(options.idleMs, signal);
    }
  };
  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
