import { setTimeout as sleep } from 'node:timers/promises';

const lookEveryMs = 20;

/** Resolves with the seconds from now until the count has grown; rejects when it has not after `withinMs`. */
export async function secondsToGrow(count: () => Promise<number> | number, withinMs = 60_000): Promise<number> {
  const startedAt = performance.now();
  const before = await count();
  while ((await count()) <= before) {
    if (performance.now() - startedAt > withinMs) throw new Error(`Nothing went on for ${withinMs} ms.`);
    await sleep(lookEveryMs);
  }
  return (performance.now() - startedAt) / 1000;
}
