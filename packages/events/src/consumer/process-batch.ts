import type { Delivery, LogRecord, RecordBatch } from '../event-log.ts';
import { createCoalescedCommits } from './coalesced-commits.ts';
import { createInflightTracker } from './inflight-tracker.ts';
import { processRecord, type RecordWork } from './process-record.ts';

export type BatchWork = RecordWork & {
  /** Records of a partition that are admitted and not done with; others wait, so that a stop has little to finish. */
  readonly maxInflight: number;
  readonly commitEveryMs: number;
};

/**
 * Works through consecutive records of a partition: one key strictly in order, keys beside each other. When the delivery
 * aborts, what is before the furthest record begun is finished, so that all that ran can be committed; the rest is left.
 * A record that cannot be finished then is left with everything after it.
 */
export async function processBatch(work: BatchWork, batch: RecordBatch, delivery: Delivery): Promise<void> {
  const { signal } = delivery;
  const { group, observer } = work;
  const { topic, partition } = batch;
  const tracker = createInflightTracker();
  const commits = createCoalescedCommits({
    delivery,
    tracker,
    everyMs: work.commitEveryMs,
    onCommit: (nextOffset) => observer.onCommit?.({ group, topic, partition, nextOffset }),
    onFailure: (error) => observer.onTrouble?.({ group, what: 'a commit of offsets failed', error }),
  });
  const lanes = createLanes();
  let furthest = -1n;
  for (const record of batch.records) {
    await lanes.lessThan(work.maxInflight);
    if (signal.aborted || lanes.broken) break;
    tracker.admit(record.offset);
    const mayStart = () => {
      if (signal.aborted && record.offset > furthest) return false;
      if (record.offset > furthest) furthest = record.offset;
      return true;
    };
    lanes.add(record, async () => {
      const done = await processRecord(work, record, { signal, mayStart });
      if (!done) return false;
      tracker.acknowledge(record.offset);
      commits.advance();
      return true;
    });
  }
  await lanes.lessThan(1);
  try {
    await commits.finish();
  } catch (error) {
    // Of a partition that is no longer ours there is nothing left to commit: its next owner delivers again.
    if (!signal.aborted) throw error;
  }
  if (lanes.broken) throw lanes.broken;
}

/** Runs work of one key in order; after work that resolved to false the rest of its key is left. */
function createLanes() {
  const tails = new Map<string, Promise<boolean>>();
  let open = 0;
  let wake: (() => void) | undefined;
  let broken: Error | undefined;
  return {
    /** Work that rejected, which it never should: the batch ends and is delivered again. */
    get broken() {
      return broken;
    },
    add({ key }: LogRecord, run: () => Promise<boolean>): void {
      open += 1;
      const before = tails.get(key) ?? Promise.resolve(true);
      const tail = before
        .then((goOn) => goOn && run())
        .catch((error: unknown) => {
          broken ??= new Error('A record could not be worked on', { cause: error });
          return false;
        })
        .finally(() => {
          open -= 1;
          if (tails.get(key) === tail) tails.delete(key);
          wake?.();
        });
      tails.set(key, tail);
    },
    async lessThan(count: number): Promise<void> {
      while (open >= count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
