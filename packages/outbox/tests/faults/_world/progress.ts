import type { RelayNews } from '../../_harness/relay-child.ts';
import type { RelayProcess } from '../../_harness/relay-process.ts';

/** Resolves when the relay tells of its next acknowledged rows, with the seconds since `since` (of `performance.now`). */
export function secondsToPublish(relay: RelayProcess, since: number): Promise<number> {
  return secondsTo('published', relay, since);
}

/** Resolves when the program of the relay is loaded. */
export function secondsToStart(relay: RelayProcess, since: number): Promise<number> {
  return secondsTo('started', relay, since);
}

function secondsTo(wanted: RelayNews['kind'], relay: RelayProcess, since: number): Promise<number> {
  return new Promise((resolve) => {
    relay.onNews(({ kind }) => {
      if (kind === wanted) resolve((performance.now() - since) / 1000);
    });
  });
}

export type Sends = {
  /** When the last one began, by `performance.now`. */
  readonly lastBegunAt: number;
  /** How long the longest took, until acknowledged or given up. */
  readonly longestMs: number;
};

/** Watches the sends of a relay from now on. */
export function watchSends(relay: RelayProcess): Sends {
  let begunAt: number | undefined;
  let lastBegunAt = Number.NaN;
  let longestMs = 0;
  relay.onNews((news) => {
    const now = performance.now();
    if (news.kind === 'step' && news.step === 'sending') [begunAt, lastBegunAt] = [now, now];
    if (news.kind !== 'published' && news.kind !== 'retry') return;
    if (begunAt !== undefined) longestMs = Math.max(longestMs, now - begunAt);
    begunAt = undefined;
  });
  return {
    get lastBegunAt() {
      return lastBegunAt;
    },
    get longestMs() {
      return begunAt === undefined ? longestMs : Math.max(longestMs, performance.now() - begunAt);
    },
  };
}

/** A whole number from one to the other. */
export function anyOf(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from + 1));
}
