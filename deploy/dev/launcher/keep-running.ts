import { setTimeout as delay } from 'node:timers/promises';
import type { LogPrinter } from './log-printer.ts';

export type Server = { readonly exited: Promise<unknown>; stop(): Promise<void> };

const pauseMs = 1_000;

/** Starts a server again whenever it ends by itself, beginning with one that runs; `stop` ends it for good. */
export function keepRunning(options: { name: string; running: Server; start(): Promise<Server>; logs: LogPrinter }): {
  stop(): Promise<void>;
} {
  const { name, start, logs } = options;
  const stopping = new AbortController();
  let current = options.running;
  const again = async () => {
    try {
      current = await start();
      if (stopping.signal.aborted) await current.stop();
      else logs.notice(name, 'is back');
    } catch (error) {
      logs.notice(name, String(error));
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const watching = (async () => {
    for (;;) {
      await current.exited;
      if (stopping.signal.aborted) return;
      logs.notice(name, 'ended unexpectedly; starting it again');
      await again();
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await current.stop();
      await watching;
    },
  };
}
