import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from '../dev/bootstrap/processes.mjs';
import { processTable } from './running-nova.ts';

export type Kills = {
  /** How often each part was killed. */
  readonly counts: Readonly<Record<string, number>>;
  stop(): Promise<void>;
};

const lookEveryMs = 20;
const secondWithinMs = 800;

/**
 * Sends SIGKILL to one of the parts at random, again and again, whatever it does just then: each time once `progress` has
 * grown by a random number, for without answers in between there would be nothing to lose. Every third time another part
 * follows within 0.8 s, while the first one comes back. It knows only processes that the instance itself has noted, and
 * stops by itself after `maxKills`.
 */
export function startKills(options: {
  dataDir: string;
  parts: readonly string[];
  progress(): number;
  /** Between two kills. */
  progressBetween: { readonly min: number; readonly max: number };
  maxKills: number;
}): Kills {
  const { parts, progress, progressBetween, maxKills } = options;
  const counts: Record<string, number> = Object.fromEntries(parts.map((part) => [part, 0]));
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
  const total = () => Object.values(counts).reduce((sum, count) => sum + count, 0);
  const killing = (async () => {
    while (total() < maxKills && !signal.aborted) {
      const due = progress() + randomInt(progressBetween.min, progressBetween.max);
      while (progress() < due && !signal.aborted) await pause(lookEveryMs);
      for (let left = randomInt(3) === 0 ? 2 : 1; left > 0 && !signal.aborted; left--) {
        killOne(options, counts);
        if (left > 1) await pause(randomInt(secondWithinMs));
      }
    }
  })();
  return {
    counts,
    async stop() {
      stopping.abort();
      await killing;
    },
  };
}

function killOne({ dataDir, parts }: { dataDir: string; parts: readonly string[] }, counts: Record<string, number>) {
  const running = processTable(dataDir).filter((entry) => parts.includes(entry.name) && isRunning(entry));
  // Not one far more often than the others.
  const fewest = Math.min(...running.map(({ name }) => counts[name] ?? 0));
  const victims = running.filter(({ name }) => (counts[name] ?? 0) <= fewest + 1);
  const victim = victims[randomInt(Math.max(1, victims.length))];
  if (!victim) return;
  process.kill(victim.pid, 'SIGKILL');
  counts[victim.name] = (counts[victim.name] ?? 0) + 1;
}
