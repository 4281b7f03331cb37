import { randomBytes } from 'node:crypto';
import {
  createKafkaEventLog,
  type Delivery,
  type EventLog,
  type KafkaOptions,
  type LogRecord,
  type OutgoingRecord,
  type Producer,
  PublishError,
  type RecordBatch,
} from '@nova/events';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { brokerOfFile, type TestBroker } from './kafka-broker.ts';

const brokerOf = brokerOfFile();
const slow = { timeout: 240_000 };

test('what was acknowledged is there once and in order, though the broker was killed meanwhile', slow, async () => {
  const { log, broker, topic } = await setUp(3);
  // A busy machine may take longer to start the broker than a send waits by default.
  const patient = openLog(broker.options({ publishTimeoutMs: 120_000 }));
  const producer = await patient.openProducer();
  const restarted = { yet: false };
  const restart = async () => {
    await broker.stop('SIGKILL');
    await broker.start();
    restarted.yet = true;
  };
  let sent = 10;
  await producer.send(numbered(topic, 0, sent));
  const restarting = restart();
  // For a while after the broker is back, too.
  for (let after = 0; after < 50; after += restarted.yet ? 1 : 0) {
    await producer.send(numbered(topic, sent, 10));
    sent += 10;
  }
  await restarting;
  const { records } = await readAll(log, topic, sent);
  expect(numbersByKey(records)).toEqual(numbersByKey(numbered(topic, 0, sent)));
});

test('without the broker nothing opens, and what opens later sends with a producer id', slow, async () => {
  const { log, broker, topic } = await setUp(1);
  await broker.stop('SIGKILL');
  const failures = [await failureOf(log.openProducer()), await failureOf(log.openProducer())];
  expect(failures).toEqual([unavailable, unavailable]);
  await expect(log.check()).rejects.toThrow();
  const starting = broker.start();
  const producer = await openAtLast(log);
  await starting;
  await producer.send(numbered(topic, 0, 5));
  expect(await producerIds(broker, topic, 5)).not.toContain('-1');
  await expect(log.check()).resolves.toBeUndefined();
});

test('a refused record takes none of the later ones with it', slow, async () => {
  const { log, topic } = await setUp(2);
  const producer = await log.openProducer();
  const tooLarge: OutgoingRecord = { topic, key: 'large', value: new Uint8Array(1_100_000), headers: {} };
  const acknowledged: OutgoingRecord[] = [];
  for (let round = 0; round < 10; round += 1) {
    // Of these the broker may take what stands beside the large one, under sequence numbers that must not be used again.
    const beside = numbered(topic, 1_000 + round * 3, 3);
    expect(await failureOf(producer.send([...beside, tooLarge]))).toMatchObject({ kind: 'record' });
    const good = numbered(topic, round * 3, 3);
    await producer.send(good);
    acknowledged.push(...good);
  }
  const { records } = await readAll(log, topic, acknowledged.length);
  await expect.poll(() => numbersOf(records)).toEqual(expect.arrayContaining(numbersOf(acknowledged)));
});

test('a topic that is not there is refused, at once when it was never sent to', slow, async () => {
  const { log, topic } = await setUp(1);
  const producer = await log.openProducer();
  const lost = [...numbered(topic, 0, 1), ...numbered(newTopic(), 1, 1)];
  expect(await failureOf(producer.send(lost))).toMatchObject({
    kind: 'record',
    message: expect.stringContaining('UNKNOWN'),
  });
  await producer.send(numbered(topic, 2, 1));
  const { records } = await readAll(log, topic, 1);
  expect(numbersOf(records)).toEqual([2]);
});

test('a stopped producer sends nothing more', slow, async () => {
  const { log, topic } = await setUp(1);
  const producer = await log.openProducer();
  const sending = producer.send(numbered(topic, 0, 5));
  await producer.stop();
  await expect(sending).resolves.toBeUndefined();
  expect(await failureOf(producer.send(numbered(topic, 5, 5)))).toEqual(unavailable);
});

test('a consumer outlives the broker and misses nothing', slow, async () => {
  const { log, broker, topic } = await setUp(3);
  const reader = await read(log, topic);
  const producer = await log.openProducer();
  await producer.send(numbered(topic, 0, 50));
  await expect.poll(() => reader.records.length).toBe(50);
  for (const round of [1, 2]) {
    await broker.stop('SIGKILL');
    await expect.poll(() => reader.troubles.length).toBeGreaterThanOrEqual(round);
    await broker.start();
    await producer.send(numbered(topic, 50 * round, 50));
    const distinct = () => new Set(numbersOf(reader.records)).size;
    await expect.poll(distinct, { timeout: 60_000 }).toBe(50 * (round + 1));
  }
  await expect
    .poll(async () => (await log.lag('readers', [topic])).map(({ records }) => records))
    .toEqual([0n, 0n, 0n]);
});

test('a handler that takes longer than the session timeout keeps its partition', slow, async () => {
  const { log, options, topic } = await setUp(1);
  const signals: AbortSignal[] = [];
  const troubles: unknown[] = [];
  const done: number[] = [];
  await log.consume({
    group: 'readers',
    topics: [topic],
    onTrouble: (trouble) => troubles.push(trouble),
    async onBatch(batch, delivery) {
      signals.push(delivery.signal);
      await new Promise((resolve) => setTimeout(resolve, 1.5 * options.sessionTimeoutMs));
      await commitAll(batch, delivery);
      done.push(...numbersOf(batch.records));
    },
  });
  await (await log.openProducer()).send(numbered(topic, 0, 3));
  await expect.poll(() => done).toEqual([0, 1, 2]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  expect(troubles).toEqual([]);
});

test('who stops leaves the group, and another takes over before its session could have ended', slow, async () => {
  const { broker, topic } = await setUp(2);
  const log = openLog(broker.options({ sessionTimeoutMs: 60_000 }));
  const first = await read(log, topic);
  const producer = await log.openProducer();
  await producer.send(numbered(topic, 0, 10));
  await expect.poll(() => first.records.length).toBe(10);
  await first.stop();
  await producer.send(numbered(topic, 10, 10));
  const second = await read(openLog(broker.options()), topic);
  await expect.poll(() => numbersOf(second.records).sort(ascending), { timeout: 15_000 }).toEqual(range(10, 20));
});

test('topics are made as declared, and only when that is allowed', slow, async () => {
  const { broker } = await setUp(1);
  const topic = { name: newTopic(), partitions: 4, retentionMs: 7_200_000 };
  await expect(openLog(broker.options({ createTopics: false })).ensureTopics([topic])).rejects.toThrow(topic.name);
  await openLog(broker.options()).ensureTopics([topic]);
  await openLog(broker.options({ createTopics: false })).ensureTopics([topic]);
  expect(await settingsOf(broker, topic.name)).toMatchObject({
    'retention.ms': '7200000',
    'min.insync.replicas': '1',
    'message.timestamp.type': 'LogAppendTime',
  });
  const tooMany = openLog(broker.options({ replicationFactor: 3 })).ensureTopics([{ ...topic, name: newTopic() }]);
  await expect(tooMany).rejects.toThrow('INVALID_REPLICATION_FACTOR');
});

type Bench = { log: EventLog; broker: TestBroker; options: KafkaOptions; topic: string };

async function setUp(partitions: number): Promise<Bench> {
  const broker = await brokerOf();
  const options = broker.options();
  const log = openLog(options);
  const topic = newTopic();
  await log.ensureTopics([{ name: topic, partitions, retentionMs: 3_600_000 }]);
  return { log, broker, options, topic };
}

function openLog(options: KafkaOptions): EventLog {
  const log = createKafkaEventLog(options);
  onTestFinished(() => log.stop());
  return log;
}

function newTopic(): string {
  return `test.${randomBytes(6).toString('hex')}`;
}

/** Records of five keys that hold the numbers from `from`. */
function numbered(topic: string, from: number, count: number): OutgoingRecord[] {
  return range(from, from + count).map((number) => ({
    topic,
    key: `key ${number % 5}`,
    value: Buffer.from(String(number)),
    headers: {},
  }));
}

function numbersOf(records: readonly OutgoingRecord[]): number[] {
  return records.map(({ value }) => Number(Buffer.from(value).toString()));
}

function numbersByKey(records: readonly OutgoingRecord[]) {
  const groups = Map.groupBy(records, ({ key }) => key);
  return Object.fromEntries([...groups].map(([key, group]) => [key, numbersOf(group)]));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function ascending(one: number, other: number): number {
  return one - other;
}

async function commitAll({ records }: RecordBatch, { commit }: Delivery): Promise<void> {
  const last = records.at(-1);
  if (last) await commit(last.offset + 1n);
}

async function read(log: EventLog, topic: string, group = 'readers') {
  const records: LogRecord[] = [];
  const troubles: unknown[] = [];
  const consumer = await log.consume({
    group,
    topics: [topic],
    onTrouble: (trouble) => troubles.push(trouble),
    async onBatch(batch, delivery) {
      records.push(...batch.records);
      await commitAll(batch, delivery);
    },
  });
  return { records, troubles, stop: consumer.stop };
}

/** What the topic holds, read once and without a break. */
async function readAll(log: EventLog, topic: string, atLeast: number) {
  const reader = await read(log, topic, 'verifier');
  await expect.poll(() => reader.records.length, { timeout: 40_000 }).toBeGreaterThanOrEqual(atLeast);
  await expect.poll(async () => (await log.lag('verifier', [topic])).every(({ records }) => records === 0n)).toBe(true);
  return reader;
}

const unavailable = expect.objectContaining({ name: 'PublishError', kind: 'unavailable' });

async function failureOf(sending: Promise<unknown>): Promise<PublishError> {
  const failure = await sending.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(PublishError);
  return failure as PublishError;
}

async function openAtLast(log: EventLog): Promise<Producer> {
  const opened = { producer: undefined as Producer | undefined };
  const open = async () => {
    opened.producer = await log.openProducer().catch(() => undefined);
    return opened.producer !== undefined;
  };
  await expect.poll(open, { timeout: 60_000 }).toBe(true);
  return opened.producer as Producer;
}

/** The producer id of each record; `-1` is that of a producer without idempotence. */
async function producerIds({ address }: TestBroker, topic: string, count: number): Promise<string[]> {
  const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'producer-ids', maxWaitTimeInMs: 200 });
  onTestFinished(() => consumer.disconnect());
  const ids: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      ids.push((message as unknown as { batchContext: { producerId: string } }).batchContext.producerId);
    },
  });
  await expect.poll(() => ids.length).toBe(count);
  return ids;
}

async function settingsOf({ address }: TestBroker, topic: string): Promise<Record<string, string>> {
  const kafka = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }];
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    const entries = described.resources.flatMap(({ configEntries }) => configEntries);
    return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
  } finally {
    await admin.disconnect();
  }
}
