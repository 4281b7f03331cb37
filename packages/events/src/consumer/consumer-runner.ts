import { type BackoffLimits, createBulkhead } from '@nova/resilience';
import type { EventLog, LogRecord, RecordBatch } from '../event-log.ts';

import type { ConsumerObserver, RecordResult } from './consumer-observer.ts';
import { type BatchWork, processBatch } from './process-batch.ts';

export type ConsumerLimits = {
  /** Records that are handled at once, over all partitions of this process: what they need (a connection each) is shared. */
  readonly concurrency: number;
  /** Records of one partition that are admitted and not done with. */
  readonly maxInflight: number;
  /** Tries of a record that fails for reasons of its own. */
  readonly maxTries: number;
  readonly backoff: BackoffLimits;
  /** How often offsets are committed while a batch is worked on. */
  readonly commitEveryMs: number;
};

const defaultConsumerLimits: ConsumerLimits = {
  concurrency: 8,
  maxInflight: 64,
  maxTries: 5,
  backoff: { firstMs: 100, maxMs: 30_000 },
  commitEveryMs: 500,
};

export type RunningConsumer = {
  /** Finishes what runs, commits, leaves the group. */
  stop(): Promise<void>;
};

/**
 * Consumes topics as a member of a group. A record counts as done with only after `handle` or `deadLetter` resolved for it.
 * What `handle` throws decides: failures that pass by themselves (`AppError` of the kinds unavailable, timeout, limited; a
 * database that is away, busy or in conflict) are waited for without end; `EventError` goes to `deadLetter` at once;
 * anything else after `maxTries` tries. `deadLetter` is tried until it resolves.
 */
export async function runConsumer(options: {
  log: EventLog;
  group: string;
  topics: readonly string[];
  handle: (record: LogRecord, signal: AbortSignal) => Promise<RecordResult>;
  deadLetter: (record: LogRecord, error: unknown, tries: number) => Promise<RecordResult>;
  observer?: ConsumerObserver;
  limits?: Partial<ConsumerLimits>;
}): Promise<RunningConsumer> {
  const { log, group, topics, handle, deadLetter, observer = {} } = options;
  const limits = { ...defaultConsumerLimits, ...options.limits };
  const slots = createBulkhead({ name: 'events', maxRunning: limits.concurrency, maxQueued: Number.POSITIVE_INFINITY });
  const work: BatchWork = { group, handle, deadLetter, observer, slots, ...limits };
  const redeliveredOf = createRedeliveryCount();
  const consumer = await log.consume({
    group,
    topics,
    onTrouble: (trouble) => observer.onTrouble?.({ group, ...trouble }),
    onBatch(batch, delivery) {
      const { topic, partition, records } = batch;
      const redelivered = redeliveredOf(batch);
      observer.onDelivery?.({ group, topic, partition, records: records.length, redelivered });
      return processBatch(work, batch, delivery);
    },
  });
  let stopping: Promise<void> | undefined;
  return {
    stop() {
      stopping ??= consumer.stop();
      return stopping;
    },
  };
}

/** Counts records that are not beyond the furthest one of their partition that this process has seen. */
function createRedeliveryCount(): (batch: RecordBatch) => number {
  const furthest = new Map<string, bigint>();
  return ({ topic, partition, records }) => {
    const name = `${topic}/${partition}`;
    const seen = furthest.get(name) ?? -1n;
    const last = records.at(-1)?.offset ?? -1n;
    if (last > seen) furthest.set(name, last);
    return records.filter(({ offset }) => offset <= seen).length;
  };
}
