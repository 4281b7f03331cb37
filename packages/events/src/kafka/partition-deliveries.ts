import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@nova/resilience';
import type { ConsumeOptions, LogRecord } from '../event-log.ts';
import { isPartitionLost, isRetriable, kafkaErrorType } from './kafka-errors.ts';

/** Records of one partition as the client library hands them over. */
export type FetchedBatch = {
  readonly topic: string;
  readonly partition: number;
  /** At least one. */
  readonly records: readonly LogRecord[];
  /** One try, in the name of the membership that fetched the batch. */
  commit(nextOffset: bigint): Promise<void>;
  /** The next fetch of the partition starts there. */
  seek(offset: bigint): void;
  /** No more fetches of the partition, until the returned function is called. */
  pause(): () => void;
};

export type PartitionDeliveries = {
  /** Resolves when the batch is done with or, if that takes long, when its partition is paused. Never rejects. */
  take(batch: FetchedBatch): Promise<void>;
  /** The group is about to divide its partitions anew: aborts what runs, which may still commit. */
  abort(): void;
  /** Every partition is, or may be, another's: aborts what runs, and nothing of it commits any more. */
  lose(): void;
  /** Takes nothing more, aborts what runs and resolves when it ended. */
  close(): Promise<void>;
};

type Partition = { committed: bigint; failures: number };
/** From one division of the partitions to the next. */
type Membership = { readonly lost: AbortController; readonly partitions: Map<string, Partition> };
type Task = { readonly batch: FetchedBatch; readonly membership: Membership; readonly aborted: AbortController };

/** How long one partition may hold back the next fetch of the others. */
const handOverMs = 100;
const redelivery = { firstMs: 250, maxMs: 30_000 };
const recommit = { firstMs: 100, maxMs: 2_000 };

export function createPartitionDeliveries({ onBatch, onTrouble }: Pick<ConsumeOptions, 'onBatch' | 'onTrouble'>) {
  const running = new Map<Task, Promise<void>>();
  let membership = newMembership();
  let isClosed = false;

  const abort = () => {
    for (const { aborted } of running.keys()) aborted.abort(new Error('The partition is given up.'));
  };

  const commit = async ({ batch, membership, aborted }: Task, nextOffset: bigint) => {
    for (let tries = 0; ; tries += 1) {
      membership.lost.signal.throwIfAborted();
      try {
        await batch.commit(nextOffset);
        partitionOf(membership, batch).committed = nextOffset;
        return;
      } catch (error) {
        if (isPartitionLost(error)) aborted.abort(error);
        if (isPartitionLost(error) || !isWorthAnotherTry(error)) throw error;
        onTrouble?.({ what: `An offset of ${nameOf(batch)} could not be committed; it is tried again.`, error });
        await delay(backoffMs(recommit, tries), undefined, { signal: membership.lost.signal });
      }
    }
  };

  const restart = async ({ batch, membership, aborted }: Task, error: unknown) => {
    const partition = partitionOf(membership, batch);
    const waitMs = backoffMs(redelivery, partition.failures);
    partition.failures += 1;
    const from = partition.committed;
    onTrouble?.({ what: `${nameOf(batch)} was not taken; it comes again from offset ${from} in ${waitMs} ms.`, error });
    await delay(waitMs, undefined, { signal: aborted.signal });
    batch.seek(from);
  };

  const deliver = async (task: Task) => {
    const { batch, aborted } = task;
    const { topic, partition, records } = batch;
    const known = partitionOf(task.membership, batch);
    let commits: Promise<unknown> = Promise.resolve();
    try {
      await onBatch(
        { topic, partition, records },
        {
          signal: aborted.signal,
          commit(nextOffset) {
            const committed = commits.then(() => commit(task, nextOffset));
            commits = committed.catch(() => undefined);
            return committed;
          },
        },
      );
      known.failures = 0;
    } catch (error) {
      // Once the partition is given up it comes again by itself, from the last commit.
      if (!aborted.signal.aborted) await restart(task, error).catch(() => undefined);
    }
  };

  return {
    async take(batch) {
      if (isClosed) return;
      const task: Task = { batch, membership, aborted: new AbortController() };
      const done = deliver(task).finally(() => running.delete(task));
      running.set(task, done);
      if (await isOver(done)) return;
      const resume = batch.pause();
      void done.then(resume);
    },
    abort,
    lose() {
      membership.lost.abort(new Error('The partition is no longer ours.'));
      membership = newMembership();
      abort();
    },
    async close() {
      isClosed = true;
      abort();
      await Promise.all(running.values());
    },
  } satisfies PartitionDeliveries;
}

function newMembership(): Membership {
  return { lost: new AbortController(), partitions: new Map() };
}

function partitionOf({ partitions }: Membership, batch: FetchedBatch): Partition {
  const known = partitions.get(nameOf(batch));
  if (known) return known;
  // The first fetch of a membership starts at the group's commit.
  const fresh = { committed: batch.records[0]?.offset ?? 0n, failures: 0 };
  partitions.set(nameOf(batch), fresh);
  return fresh;
}

function isOver(done: Promise<void>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), handOverMs);
  void done.then(() => {
    clearTimeout(timer);
    resolve(true);
  });
  return promise;
}

/** Connections break and mend; a broker that says no says it again. */
function isWorthAnotherTry(error: unknown): boolean {
  return isRetriable(error) || kafkaErrorType(error) === undefined;
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}
