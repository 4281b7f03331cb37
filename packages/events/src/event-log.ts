/** A record to append. */
export type OutgoingRecord = {
  readonly topic: string;
  /** Records of one key share a partition and keep their order. */
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** A record as the log holds it. */
export type LogRecord = OutgoingRecord & {
  readonly partition: number;
  /** Ascending within the partition. */
  readonly offset: bigint;
  readonly appendedAt: Date;
};

export type Producer = {
  /**
   * Resolves when every record is acknowledged: durable, and in the order given for each key. Rejects with a `PublishError`;
   * then any of the records may have been appended. A producer that rejected with kind `unavailable` is of no more use:
   * stop it and open another.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  stop(): Promise<void>;
};

/**
 * `unavailable`: the log could not take anything just now, whatever was sent (away, no quorum, timed out); the same send
 * may work later. `record`: the log is there and refuses this record (too large, no such topic, not allowed), alone or
 * with others.
 */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly kind: 'unavailable' | 'record';

  constructor(kind: 'unavailable' | 'record', message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.kind = kind;
  }
}

/** Consecutive records of one partition. */
export type RecordBatch = {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
};

export type Delivery = {
  /** Aborts when the partition is given up (rebalance, stop) or was lost: finish or drop what runs, start nothing new. */
  readonly signal: AbortSignal;
  /** Everything before `nextOffset` is done with for this group. Rejects when the partition is no longer ours. */
  commit(nextOffset: bigint): Promise<void>;
};

export type ConsumeOptions = {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Called with the next records of a partition; the next batch of that partition comes when it resolved, those of other
   * partitions come meanwhile. What was not committed is delivered again, to this or another member of the group. It may
   * take as long as it needs: the adapter keeps the membership alive. When it rejects, delivery of the partition starts
   * again after the last commit.
   */
  readonly onBatch: (batch: RecordBatch, delivery: Delivery) => Promise<void>;
  /** What the adapter met and mended by itself (a lost connection, a rebalance), for logs and metrics. */
  readonly onTrouble?: (trouble: { readonly what: string; readonly error?: unknown }) => void;
};

export type LogConsumer = {
  /** Aborts deliveries, waits for them, leaves the group. */
  stop(): Promise<void>;
};

export type PartitionLag = {
  readonly topic: string;
  readonly partition: number;
  /** Records after the group's last commit. */
  readonly records: bigint;
};

export type TopicDeclaration = {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
};

/** An append-only log of topics with partitions: Apache Kafka, or tables in PostgreSQL. */
export type EventLog = {
  readonly kind: 'kafka' | 'postgres';
  /** Makes the topics that are missing; an existing one is left as it is. */
  ensureTopics(topics: readonly TopicDeclaration[]): Promise<void>;
  /** Rejects with a `PublishError` of kind `unavailable` when the log does not answer in time. */
  openProducer(): Promise<Producer>;
  /** Joins a group, which begins at the start of each topic. Survives an unavailable log: it comes back by itself. */
  consume(options: ConsumeOptions): Promise<LogConsumer>;
  lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>;
  /** Rejects when the log does not answer. */
  check(): Promise<void>;
  /** Stops what was opened through it. */
  stop(): Promise<void>;
};
