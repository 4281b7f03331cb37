import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from '../dev/bootstrap/processes.mjs';
import { processTable } from './running-nova.ts';

export type Kills = {
  /** How often each part was killed. */
  readonly counts: Readonly<Record<string, number>>;
  /** Each part was killed as often as was asked for. */
  isDone(): boolean;
  stop(): Promise<void>;
};

const lookEveryMs = 20;
const secondWithinMs = 800;

/**
 * Sends SIGKILL to one of the parts at random, again and again, whatever it does just then: each time once `progress` has
 * grown by a random number, for without answers in between there would be nothing to lose. Every third time another part
 * follows within 0.8 s, while the first one comes back. It knows only processes that the instance itself has noted, and
 * stops by itself when each part was killed `killsOfEach` times.
 */
export function startKills(options: {
  dataDir: string;
  parts: readonly string[];
  progress(): number;
  /** Between two kills. */
  progressBetween: { readonly min: number; readonly max: number };
  killsOfEach: number;
}): Kills {
  const { parts, progress, progressBetween, killsOfEach } = options;
  const counts: Record<string, number> = Object.fromEntries(parts.map((part) => [part, 0]));
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined);
  const isDone = () => Object.values(counts).every((count) => count >= killsOfEach);
  const killing = (async () => {
    while (!isDone() && !signal.aborted) {
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
    isDone,
    async stop() {
      stopping.abort();
      await killing;
    },
  };
}

function killOne(options: { dataDir: string; killsOfEach: number }, counts: Record<string, number>): void {
  const victims = processTable(options.dataDir).filter(
    (entry) => (counts[entry.name] ?? options.killsOfEach) < options.killsOfEach && isRunning(entry),
  );
  const victim = victims[randomInt(Math.max(1, victims.length))];
  if (!victim) return;
  process.kill(victim.pid, 'SIGKILL');
  counts[victim.name] = (counts[victim.name] ?? 0) + 1;
}
