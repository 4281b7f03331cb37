import { within } from '@nova/resilience';
import kafkajs, { type Admin, type EachBatchPayload, type Kafka, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import type { ConsumeOptions, EventLog, LogRecord, OutgoingRecord, TopicDeclaration } from '../event-log.ts';
import { type AdminClient, ensureTopics, lagOf, requireTopics } from './kafka-admin.ts';
import { type ConsumerSession, type SessionHooks, startKafkaConsumer } from './kafka-consumer.ts';
import { toPublishError } from './kafka-errors.ts';
import { openKafkaProducer, type ProducerSession } from './kafka-producer.ts';
import type { KafkaOptions } from './kafka-settings.ts';
import { createSeverableSockets } from './severable-sockets.ts';

/** An event log on Apache Kafka. Nothing is connected before it is used. */
export function createKafkaEventLog(options: KafkaOptions): EventLog {
  const { publishTimeoutMs: timeoutMs } = options;
  const opened = new Set<{ stop(): Promise<void> }>();
  const ensured = new Set<string>();
  const keep = <T extends { stop(): Promise<void> }>(part: T): T => {
    opened.add(part);
    const stop = () => part.stop().finally(() => opened.delete(part));
    return { ...part, stop };
  };
  return {
    kind: 'kafka',
    async ensureTopics(topics: readonly TopicDeclaration[]) {
      await withAdmin(options, (admin) => ensureTopics(admin, topics, options), topicsTimeoutMs);
      for (const { name } of topics) ensured.add(name);
    },
    async openProducer() {
      const work: ProducerWork = { options, ensured, known: new Set() };
      return keep(await openKafkaProducer({ openSession: (signal) => openProducerSession(work, signal), timeoutMs }));
    },
    consume: async (consuming) =>
      keep(await startKafkaConsumer(consuming, (...given) => openConsumerSession({ options, consuming }, ...given))),
    lag: (group, topics) => withAdmin(options, (admin) => lagOf(admin, group, topics)),
    check: () => withAdmin(options, async (admin) => void (await admin.describeCluster())),
    async stop() {
      await Promise.all([...opened].map((part) => part.stop()));
    },
  };
}

const adminTimeoutMs = 10_000;
const answerTimeoutMs = 15_000;
const topicsTimeoutMs = 60_000;
const closeTimeoutMs = 5_000;
/** Fetches come often enough that a partition which was paused is soon fetched again. */
const maxWaitTimeInMs = 250;
const quickRetry = { retries: 2, initialRetryTime: 100, maxRetryTime: 500, factor: 0.2, multiplier: 2 };

type Client = { readonly kafka: Kafka; sever(): void };

/** One for each producer and consumer: kafkajs shares committed offsets among the consumers of a client, and they mix them up. */
function openClient(
  options: KafkaOptions,
  { requestTimeout, retry }: Pick<KafkaConfig, 'requestTimeout' | 'retry'>,
): Client {
  const sockets = createSeverableSockets();
  const { clientId, brokers, ssl, sasl } = options;
  const kafka = new kafkajs.Kafka({
    clientId,
    // No address ends at once what would otherwise go on trying to connect for a client that was given up.
    brokers: () => (sockets.isSevered() ? [] : [...brokers]),
    ssl,
    sasl,
    connectionTimeout: 5_000,
    requestTimeout,
    retry,
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory: sockets.open,
  });
  return { kafka, sever: sockets.sever };
}

/** Rejects when the work takes too long, and then what is left of it fails. */
async function withAdmin<T>(
  options: KafkaOptions,
  work: (admin: AdminClient) => Promise<T>,
  timeoutMs = answerTimeoutMs,
): Promise<T> {
  const client = openClient(options, { requestTimeout: adminTimeoutMs, retry: quickRetry });
  const timer = setTimeout(client.sever, timeoutMs);
  const admin = client.kafka.admin();
  try {
    await admin.connect();
    return await work(toAdminClient(admin));
  } finally {
    clearTimeout(timer);
    await endInTime(admin);
    client.sever();
  }
}

function toAdminClient(admin: Admin): AdminClient {
  return {
    describeCluster: admin.describeCluster,
    offsetsOfTopic: admin.fetchTopicOffsets,
    offsetsOfGroup: (groupId, topics) => admin.fetchOffsets({ groupId, topics: [...topics] }),
    async createTopics(topics) {
      await admin.createTopics({ topics: [...topics], waitForLeaders: false, timeout: adminTimeoutMs });
    },
    async partitionsOf(topic) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics.flatMap(({ partitions }) => partitions);
    },
  };
}

type ProducerWork = {
  readonly options: KafkaOptions;
  /** Topics that were made or found by this log. */
  readonly ensured: ReadonlySet<string>;
  /** Topics that a session of this producer has found. */
  readonly known: Set<string>;
};

async function openProducerSession(work: ProducerWork, signal: AbortSignal): Promise<ProducerSession> {
  const { options, ensured, known } = work;
  const { publishTimeoutMs } = options;
  await withAdmin(options, (admin) => admin.describeCluster());
  // Within one send the same sequence numbers go out again, so that a broker which comes back in time appends nothing
  // twice. kafkajs warns that a limit endangers that: it does when the producer is used on, and ours is then given up.
  // The deadline of the send ends the tries; the limit is only there because there has to be one.
  const retry = { ...quickRetry, retries: Math.ceil(publishTimeoutMs / quickRetry.initialRetryTime) };
  const client = openClient(options, { requestTimeout: publishTimeoutMs, retry });
  const chosen = new Set<string>();
  let isSevered = false;
  const sever = () => {
    isSevered = true;
    client.sever();
  };
  const producer = client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry,
    createPartitioner: () => {
      const choose = kafkajs.Partitioners.DefaultPartitioner();
      return (choice) => {
        if (isSevered) throw Object.assign(new Error('This producer was given up.'), { retriable: false });
        const partition = choose(choice);
        chosen.add(`${choice.topic}/${partition}`);
        return partition;
      };
    },
  });
  signal.addEventListener('abort', sever);
  try {
    // What fails here must not be used on: kafkajs would then send without a producer id, which is without idempotence.
    await producer.connect();
    signal.throwIfAborted();
  } catch (error) {
    sever();
    throw error;
  } finally {
    signal.removeEventListener('abort', sever);
  }
  return {
    sever,
    async close() {
      await endInTime(producer);
      sever();
    },
    async requireTopics(topics) {
      const unknown = topics.filter((topic) => !known.has(topic));
      if (unknown.length === 0) return;
      await withAdmin(options, (admin) => requireTopics(admin, unknown, ensured)).catch((error) => {
        throw toPublishError(error);
      });
      for (const topic of unknown) known.add(topic);
    },
    async append(records) {
      chosen.clear();
      const answers = await producer.sendBatch({
        acks: -1,
        timeout: publishTimeoutMs,
        topicMessages: byTopic(records),
      });
      for (const { topicName, partition } of answers) chosen.delete(`${topicName}/${partition}`);
      // When a leader moves to a broker that has answered already, kafkajs takes that answer for the moved partition's too.
      if (chosen.size > 0) throw new Error(`Kafka acknowledged nothing for ${[...chosen].join()}.`);
    },
  };
}

function byTopic(records: readonly OutgoingRecord[]) {
  const groups = Map.groupBy(records, ({ topic }) => topic);
  return [...groups].map(([topic, group]) => ({
    topic,
    messages: group.map(({ key, value, headers }) => ({ key, value: Buffer.from(value), headers: { ...headers } })),
  }));
}

type Membership = { readonly options: KafkaOptions; readonly consuming: ConsumeOptions };

async function openConsumerSession(
  { options, consuming }: Membership,
  hooks: SessionHooks,
  signal: AbortSignal,
): Promise<ConsumerSession> {
  const { group, topics } = consuming;
  const client = openClient(options, { requestTimeout: options.requestTimeoutMs, retry: quickRetry });
  const consumer = client.kafka.consumer({
    groupId: group,
    sessionTimeout: options.sessionTimeoutMs,
    heartbeatInterval: Math.floor(options.sessionTimeoutMs / 10),
    maxWaitTimeInMs,
    allowAutoTopicCreation: false,
    // What it would restart by itself, it restarts only after some errors.
    retry: { ...quickRetry, retries: 5, restartOnFailure: async () => false },
  });
  const joined = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  let isOver = false;
  const end = (reason: unknown) => {
    isOver = true;
    client.sever();
    ended.resolve(reason);
  };
  const { CRASH, REBALANCING, GROUP_JOIN, REQUEST_TIMEOUT } = consumer.events;
  consumer.on(CRASH, ({ payload }) => end(payload.error));
  // kafkajs sends its next request on the connection that did not answer the last.
  consumer.on(REQUEST_TIMEOUT, ({ payload }) => end(new Error(`${payload.broker} did not answer ${payload.apiName}.`)));
  consumer.on(REBALANCING, () => {
    if (!isOver) hooks.onRebalance();
  });
  consumer.on(GROUP_JOIN, () => {
    if (!isOver) hooks.onJoined();
    joined.resolve();
  });
  const eachBatch = async (payload: EachBatchPayload) => {
    if (isOver || payload.isStale()) return;
    const { topic, partition, messages } = payload.batch;
    await hooks.onFetched({
      topic,
      partition,
      records: messages.map((message) => toLogRecord(message, topic, partition)),
      // Of this membership, and once: the consumer's own would resolve without having committed when it stops, and try
      // again in the name of a later membership.
      commit: (offset) =>
        payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset: String(offset) }] }] }),
      seek: (offset) => consumer.seek({ topic, partition, offset: String(offset) }),
      pause: payload.pause,
    });
  };
  const giveUp = () => setTimeout(() => !isOver && end(signal.reason), closeTimeoutMs);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 64, eachBatch });
    await Promise.race([joined.promise, ended.promise.then((reason) => Promise.reject(reason))]);
  } catch (error) {
    end(error);
    throw error;
  }
  return {
    ended: ended.promise,
    sever: () => end(undefined),
    close: () => endInTime(consumer),
  };
}

function toLogRecord(message: KafkaMessage, topic: string, partition: number): LogRecord {
  const { key, value, headers = {}, offset, timestamp } = message;
  return {
    topic,
    partition,
    offset: BigInt(offset),
    key: key?.toString() ?? '',
    value: value ?? new Uint8Array(),
    headers: Object.fromEntries(
      // Before the value of a header called as a method of every object, "constructor" say, kafkajs puts that method.
      Object.entries(headers).map(([name, given]) => [name, String([given].flat().find(Buffer.isBuffer) ?? '')]),
    ),
    appendedAt: new Date(Number(timestamp)),
  };
}

/** Never rejects: what does not end in time is severed. */
function endInTime(client: { disconnect(): Promise<void> }): Promise<void> {
  return within(closeTimeoutMs, () => client.disconnect()).catch(() => undefined);
}
