import type { ConsumeOptions, EventLog, LogRecord, OutgoingRecord } from '../../src/index.ts';

/** One partition of a log that a test holds in its hands, for what real logs do not do when they are asked to. */
export type MemoryLog = Pick<EventLog, 'consume' | 'lag'> & {
  /** Offsets as they were committed. */
  readonly commits: readonly bigint[];
  /** Delivers everything from the last commit on; resolves when the batch is done with, rejects as it does. */
  deliver(options?: { signal?: AbortSignal }): Promise<void>;
  /** Makes commits reject until it is called with undefined. */
  refuseCommits(error: Error | undefined): void;
};

export function createMemoryLog(outgoing: readonly OutgoingRecord[]): MemoryLog {
  const records: LogRecord[] = outgoing.map((record, index) => ({
    ...record,
    partition: 0,
    offset: BigInt(index),
    appendedAt: new Date(),
  }));
  const commits: bigint[] = [];
  let joined: ConsumeOptions | undefined;
  let refusal: Error | undefined;
  return {
    commits,
    lag: async () => [
      { topic: records[0]?.topic ?? '', partition: 0, records: BigInt(records.length) - (commits.at(-1) ?? 0n) },
    ],
    refuseCommits(error) {
      refusal = error;
    },
    async consume(options) {
      joined = options;
      return { stop: async () => undefined };
    },
    async deliver({ signal = new AbortController().signal } = {}) {
      const from = commits.at(-1) ?? 0n;
      const batch = {
        topic: records[0]?.topic ?? '',
        partition: 0,
        records: records.filter(({ offset }) => offset >= from),
      };
      await joined?.onBatch(batch, {
        signal,
        async commit(nextOffset) {
          if (refusal) throw refusal;
          commits.push(nextOffset);
        },
      });
    },
  };
}

/** A log that can do no more than what a consumer asks of it. */
export function asEventLog(log: Pick<EventLog, 'consume' | 'lag'>): EventLog {
  const refuse = () => Promise.reject(new Error('This log is for consumers only.'));
  return {
    kind: 'postgres',
    consume: log.consume,
    lag: log.lag,
    ensureTopics: async () => undefined,
    openProducer: refuse,
    check: async () => undefined,
    stop: async () => undefined,
  };
}
