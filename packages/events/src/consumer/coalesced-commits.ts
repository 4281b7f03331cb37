import type { Delivery } from '../event-log.ts';
import type { InflightTracker } from './inflight-tracker.ts';

/** Commits what a tracker says is done: at most once in `everyMs` while work goes on, and all of it at the end. */
export type CoalescedCommits = {
  /** To be called whenever a record was acknowledged. */
  advance(): void;
  /** Commits the rest; rejects when that cannot be. */
  finish(): Promise<void>;
};

export function createCoalescedCommits(options: {
  delivery: Delivery;
  tracker: InflightTracker;
  everyMs: number;
  onCommit: (nextOffset: bigint) => void;
  /** A commit on the way failed; the next one or `finish` makes up for it. */
  onFailure: (error: unknown) => void;
}): CoalescedCommits {
  const { delivery, tracker, everyMs } = options;
  let committed: bigint | undefined;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  const commit = async () => {
    const { nextOffset } = tracker;
    if (nextOffset === undefined || nextOffset === committed) return;
    await delivery.commit(nextOffset);
    committed = nextOffset;
    options.onCommit(nextOffset);
  };
  const commitNow = () => {
    running = commit()
      .catch(options.onFailure)
      .finally(() => {
        running = undefined;
        timer = undefined;
      });
  };

  return {
    advance() {
      timer ??= setTimeout(commitNow, everyMs);
    },
    async finish() {
      clearTimeout(timer);
      await running;
      await commit();
    },
  };
}
