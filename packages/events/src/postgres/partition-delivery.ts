import type { DirectSession } from '@nova/postgres';
import { backoffMs, createWakeUp, waitFor } from '@nova/resilience';
import type { ConsumeOptions, LogRecord } from '../event-log.ts';
import {
  type BatchLimit,
  type PartitionOfGroup,
  selectCommitted,
  selectRecords,
  upsertCommitted,
} from './log-tables.ts';
import { retrying } from './retrying.ts';

/** Hands the records of one partition to a group's handler, batch by batch, for as long as its session owns it. */
export type PartitionDelivery = {
  wake(): void;
  /** Wakes it unless it is that far already. */
  wakeBefore(nextOffset: bigint): void;
  /** Aborts what runs and waits for it; then nothing more is committed. */
  stop(): Promise<void>;
};

export function startDelivery(
  session: DirectSession,
  options: Pick<ConsumeOptions, 'onBatch' | 'onTrouble'> & { of: PartitionOfGroup; limit: BatchLimit },
): PartitionDelivery {
  const { of } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, session.lost]);
  const wakeUp = createWakeUp();
  signal.addEventListener('abort', () => wakeUp.wake(), { once: true });
  let position: bigint | undefined;
  let isOver = false;

  const commit = async (nextOffset: bigint) => {
    if (isOver) throw new Error(`${of.topic}/${of.partition} is no longer ours.`);
    await upsertCommitted(session, of, nextOffset);
  };

  async function next(): Promise<LogRecord[]> {
    position ??= await selectCommitted(session, of);
    wakeUp.reset();
    return await selectRecords(session, { topic: of.topic, partition: of.partition, offset: position }, options.limit);
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const records = await next();
        if (signal.aborted) return;
        const last = records.at(-1);
        if (!last) {
          await wakeUp.wait();
          continue;
        }
        await options.onBatch({ topic: of.topic, partition: of.partition, records }, { signal, commit });
        position = last.offset + 1n;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        options.onTrouble?.({ what: `a batch of ${of.topic}/${of.partition} failed and is delivered again`, error });
        position = undefined;
        failures += 1;
        await waitFor(backoffMs(retrying, failures), signal);
      }
    }
  }

  const running = run().finally(() => {
    isOver = true;
  });
  return {
    wake: () => wakeUp.wake(),
    wakeBefore(nextOffset) {
      if (position !== undefined && position < nextOffset) wakeUp.wake();
    },
    async stop() {
      stopping.abort(new Error(`${of.topic}/${of.partition} is given up.`));
      await running;
    },
  };
}
