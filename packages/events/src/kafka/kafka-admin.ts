import { setTimeout as delay } from 'node:timers/promises';
import type { PartitionLag, TopicDeclaration } from '../event-log.ts';
import { isCoordinatorMissing, isLeaderMissing, isRetriable, kafkaErrorType } from './kafka-errors.ts';
import type { KafkaOptions } from './kafka-settings.ts';

/** What is asked of the client library's admin. */
export type AdminClient = {
  describeCluster(): Promise<unknown>;
  createTopics(topics: readonly NewTopic[]): Promise<void>;
  /** Rejects with UNKNOWN_TOPIC_OR_PARTITION when there is no such topic. */
  partitionsOf(topic: string): Promise<readonly unknown[]>;
  /** `low` is the first offset that is kept, `high` the next one to be given. */
  offsetsOfTopic(topic: string): Promise<readonly { partition: number; low: string; high: string }[]>;
  /** -1 where the group has committed nothing. */
  offsetsOfGroup(
    group: string,
    topics: readonly string[],
  ): Promise<readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]>;
};

export type NewTopic = {
  readonly topic: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configEntries: { name: string; value: string }[];
};

type TopicOptions = Pick<KafkaOptions, 'createTopics' | 'replicationFactor' | 'minInsyncReplicas'>;

const pollMs = 50;
/** For brokers to learn of each other's topics. */
const knownWithinMs = 3_000;
const usableWithinMs = 20_000;

/** Throws an error that names the topics which are missing or cannot be made. */
export async function ensureTopics(
  admin: AdminClient,
  topics: readonly TopicDeclaration[],
  options: TopicOptions,
): Promise<void> {
  const found = await Promise.all(topics.map(({ name }) => exists(admin, name)));
  const missing = topics.filter((_, index) => !found[index]);
  if (missing.length > 0 && !options.createTopics) {
    const names = missing.map(({ name }) => name).join(', ');
    throw new Error(`Kafka has no topics ${names}, and KAFKA_CREATE_TOPICS=false leaves making them to others.`);
  }
  if (missing.length > 0)
    await create(
      admin,
      missing.map((topic) => toNewTopic(topic, options)),
    );
  const deadline = performance.now() + usableWithinMs;
  for (const { name } of topics) await until(() => isUsable(admin, name), deadline, `${name} has no leader`);
}

/** Rejects when Kafka does not know one of them: at once, or after a while when it is among the `ensured`. */
export async function requireTopics(
  admin: AdminClient,
  topics: readonly string[],
  ensured: ReadonlySet<string>,
): Promise<void> {
  for (const topic of topics) {
    const deadline = performance.now() + (ensured.has(topic) ? knownWithinMs : 0);
    while (performance.now() < deadline && !(await exists(admin, topic))) await delay(pollMs);
    await admin.partitionsOf(topic);
  }
}

export async function lagOf(admin: AdminClient, group: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const committed = await whenReady(() => admin.offsetsOfGroup(group, topics));
  const lags = topics.map(async (topic) => {
    const ofGroup = committed.find((one) => one.topic === topic)?.partitions ?? [];
    const offsets = await whenReady(() => admin.offsetsOfTopic(topic));
    return offsets.map(({ partition, low, high }) => {
      const offset = BigInt(ofGroup.find((one) => one.partition === partition)?.offset ?? -1);
      const next = offset > BigInt(low) ? offset : BigInt(low);
      return { topic, partition, records: BigInt(high) - next };
    });
  });
  return (await Promise.all(lags)).flat().sort((one, other) => compare(one, other));
}

function compare(one: PartitionLag, other: PartitionLag): number {
  return one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1;
}

function toNewTopic({ name, partitions, retentionMs }: TopicDeclaration, options: TopicOptions): NewTopic {
  const settings = {
    'retention.ms': retentionMs,
    'min.insync.replicas': options.minInsyncReplicas,
    // By the broker's clock, like the ages that consumers compare with it.
    'message.timestamp.type': 'LogAppendTime',
  };
  return {
    topic: name,
    numPartitions: partitions,
    replicationFactor: options.replicationFactor,
    configEntries: Object.entries(settings).map(([setting, value]) => ({ name: setting, value: String(value) })),
  };
}

/** Another service may make the same ones at the same time. */
async function create(admin: AdminClient, topics: readonly NewTopic[]): Promise<void> {
  try {
    await admin.createTopics(topics);
  } catch (cause) {
    const errors = cause instanceof Error && 'errors' in cause ? (cause.errors as (Error & { topic?: string })[]) : [];
    const refused = errors.filter((error) => kafkaErrorType(error) !== 'TOPIC_ALREADY_EXISTS');
    if (errors.length > 0 && refused.length === 0) return;
    const reasons = refused.map((error) => `${error.topic}: ${kafkaErrorType(error)} ${error.message}`);
    throw new Error(`Kafka did not make the topics. ${reasons.join('; ') || (cause as Error).message}`, { cause });
  }
}

async function exists(admin: AdminClient, topic: string): Promise<boolean> {
  try {
    return (await admin.partitionsOf(topic)).length > 0;
  } catch (error) {
    if (kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return false;
    if (isRetriable(error)) return true;
    throw error;
  }
}

async function isUsable(admin: AdminClient, topic: string): Promise<boolean> {
  try {
    const partitions = await admin.partitionsOf(topic);
    // A leader that is named may not know yet that it is one.
    return partitions.length > 0 && (await admin.offsetsOfTopic(topic)).length === partitions.length;
  } catch (error) {
    if (isRetriable(error)) return false;
    throw error;
  }
}

/** A broker that starts, or takes over from another, first has to learn what it leads and to load what it keeps of the groups. */
async function whenReady<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + usableWithinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(isCoordinatorMissing(error) || isLeaderMissing(error)) || performance.now() > deadline) throw error;
    }
    await delay(pollMs);
  }
}

async function until(isTrue: () => Promise<boolean>, deadline: number, otherwise: string): Promise<void> {
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${otherwise} after ${usableWithinMs} ms.`);
    await delay(pollMs);
  }
}
