import { setTimeout as delay } from 'node:timers/promises';

const firstMs = 100;
const longestMs = 5_000;

/** Waits before the next try, longer after each failure and never as long as others; returns at once when `signal` aborts. */
export async function waitToRetry(failures: number, signal: AbortSignal): Promise<void> {
  const capMs = Math.min(firstMs * 2 ** Math.min(failures, 16), longestMs);
  await pause(capMs / 2 + (Math.random() * capMs) / 2, signal);
}

/** Returns at once when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
