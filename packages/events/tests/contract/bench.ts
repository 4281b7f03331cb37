import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import {
  type Delivery,
  type EventLog,
  type LogRecord,
  type OutgoingRecord,
  partitionOfKey,
  type RecordBatch,
} from '../../src/index.ts';
import { type LogEngine, openLog } from './log-engine.ts';

/** What is promised, by title, and how it is tried. `runs` is for properties. */
export type Laws = Readonly<Record<string, (engine: LogEngine, options: { runs: number }) => Promise<void>>>;

/** A log and a topic of a test's own. */
export type Bench = {
  readonly engine: LogEngine;
  readonly log: EventLog;
  readonly topic: string;
  /** One more log of the same engine, as another process would have. */
  open(): EventLog;
  /** Appends texts in order, all of one key. */
  append(key: string, texts: readonly string[]): Promise<void>;
};

export async function setUp(engine: LogEngine, partitions: number): Promise<Bench> {
  const opened: EventLog[] = [];
  const open = () => {
    const log = openLog(engine);
    opened.push(log);
    return log;
  };
  onTestFinished(async () => {
    await Promise.all(opened.map((log) => log.stop()));
  });
  const log = open();
  const topic = newTopic();
  await log.ensureTopics([{ name: topic, partitions, retentionMs: 3_600_000 }]);
  const producer = await log.openProducer();
  const append = (key: string, texts: readonly string[]) =>
    producer.send(texts.map((text) => textRecord(topic, key, text)));
  return { engine, log, topic, open, append };
}

export function newTopic(): string {
  return `test.${randomBytes(6).toString('hex')}`;
}

export function textRecord(topic: string, key: string, text: string): OutgoingRecord {
  return { topic, key, value: Buffer.from(text), headers: {} };
}

export function textOf(record: LogRecord): string {
  return Buffer.from(record.value).toString();
}

/** One key for each partition. */
export function keyOfEach(partitions: number): string[] {
  const keys = new Map<number, string>();
  for (let n = 0; keys.size < partitions; n += 1) {
    const partition = partitionOfKey(`key ${n}`, partitions);
    if (!keys.has(partition)) keys.set(partition, `key ${n}`);
  }
  return [...keys].sort(([a], [b]) => a - b).map(([, key]) => key);
}

export function afterLast({ records }: RecordBatch): bigint {
  return (records.at(-1)?.offset ?? -1n) + 1n;
}

/** A handler that notes what it gets and commits it. */
export function noting(): {
  readonly records: LogRecord[];
  /** Of the first delivery of each record. */
  texts(): string[];
  onBatch(batch: RecordBatch, delivery: Delivery): Promise<void>;
} {
  const records: LogRecord[] = [];
  return {
    records,
    texts: () => firstDeliveries(records).map(textOf),
    async onBatch(batch, delivery) {
      records.push(...batch.records);
      await delivery.commit(afterLast(batch));
    },
  };
}

/** Without those that were delivered before. */
export function firstDeliveries<R extends Pick<LogRecord, 'partition' | 'offset'>>(records: readonly R[]): R[] {
  const seen = new Set<string>();
  return records.filter(({ partition, offset }) => {
    const id = `${partition} ${offset}`;
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

export function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => String(from + index));
}
