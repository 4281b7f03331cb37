import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireService } from '@nova/testkit';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { afterEach, beforeEach, expect, type TestContext, test } from 'vitest';
import { identify } from '../dev/bootstrap/processes.mjs';
import { type KafkaCluster, startKafka } from '../kafka/kafka.ts';

const topic = 'events';
const heapMb = 256;
const slow = { timeout: 300_000 };

let dataDir: string;
let stops: Array<() => Promise<unknown>>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'nova-kafka-'));
  stops = [() => rm(dataDir, { recursive: true, force: true })];
});

afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
}, 60_000);

test('what an idempotent producer was acknowledged is there after the broker was killed', slow, async (context) => {
  const cluster = await start(context, 1);
  const kafka = client(cluster);
  await createTopic(kafka);
  await produce(kafka, range(0, 50));
  expect(await readAll(kafka, 50)).toEqual(range(0, 50));

  const [broker] = cluster.brokers;
  const killedPid = broker?.pid;
  await broker?.stop('SIGKILL');
  await broker?.start();

  expect(broker?.pid).not.toBe(killedPid);
  await produce(kafka, range(50, 60));
  expect(await readAll(kafka, 60)).toEqual(range(0, 60));
});

test('of three brokers one may be killed: acknowledged writes go on and it catches up', slow, async (context) => {
  const cluster = await start(context, 3);
  const kafka = client(cluster);
  await createTopic(kafka);
  // A broker that has not heard of the topic yet refuses to say.
  await expect.poll(() => minInsync(kafka)).toBe('2');
  await expect.poll(() => inSync(kafka)).toEqual([3, 3, 3]);
  // Connected before: until the dead broker is noticed, the others may still name it to new clients as the controller.
  await using(idempotentProducer(kafka), async (producer) => {
    await send(producer, range(0, 30));
    await cluster.brokers[2]?.stop('SIGKILL');
    await send(producer, range(30, 60));
  });
  await expect.poll(() => inSync(kafka)).toEqual([2, 2, 2]);

  await cluster.brokers[2]?.start();
  await expect.poll(() => inSync(kafka)).toEqual([3, 3, 3]);
  expect(await readAll(kafka, 60)).toEqual(range(0, 60));

  const pids = cluster.brokers.map(({ pid }) => pid);
  await cluster.stop();
  expect(pids.map(identify)).toEqual([undefined, undefined, undefined]);
  await expect.poll(() => processesNaming([dataDir, ...pids.map(String)])).toEqual([]);
});

test(
  'a launcher killed without warning leaves data that the next one starts on, and no process',
  slow,
  async (context) => {
    requireJavaAndMaven(context);
    const launcher = await launch(['--port', '0', '--data-dir', dataDir]);
    await expect(startKafka({ brokers: 1, dataDir, heapMb })).rejects.toThrow(`already: process ${launcher.pid}`);
    const left = brokerPids();
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');

    const cluster = await start(context, 1);
    expect(left).toHaveLength(1);
    expect(left.map(identify)).toEqual([undefined]);
    await cluster.stop();
    expect(brokerPids()).toEqual([]);

    const again = await launch(['--port', '0', '--data-dir', dataDir]);
    again.kill('SIGINT');
    expect(await once(again, 'exit')).toEqual([0, null]);
    expect(brokerPids()).toEqual([]);
    await expect(startKafka({ brokers: 3, dataDir, heapMb })).rejects.toThrow('is of 1 broker(s), not 3');
  },
);

test('a broker that cannot start is an error with the end of its log, and no process', slow, async (context) => {
  requireJavaAndMaven(context);
  const failing = startKafka({ brokers: 1, dataDir, heapMb: 1 });
  await expect(failing).rejects.toThrow(/broker 1 ended while starting[\s\S]*(memory|heap)/i);
  expect(brokerPids()).toEqual([]);
  expect(existsSync(join(dataDir, 'lock'))).toBe(false);
});

function requireJavaAndMaven(context: TestContext): void {
  requireService(context, 'java');
  requireService(context, 'maven');
}

async function start(context: TestContext, brokers: 1 | 3): Promise<KafkaCluster> {
  requireJavaAndMaven(context);
  const cluster = await startKafka({ brokers, dataDir, heapMb });
  stops.push(() => cluster.stop());
  return cluster;
}

function client({ bootstrapServers }: KafkaCluster): Kafka {
  // A busy machine may take longer to notice a dead broker than a client tries by default.
  const retry = { retries: 12, maxRetryTime: 10_000 };
  return new kafkajs.Kafka({ brokers: [...bootstrapServers], logLevel: kafkajs.logLevel.NOTHING, retry });
}

/** Connected for as long as `use` takes: a kafkajs consumer that outlives its broker takes half a minute to disconnect. */
async function using<T extends Peer, R>(peer: T, use: (peer: T) => Promise<R>): Promise<R> {
  await peer.connect();
  try {
    return await use(peer);
  } finally {
    await peer.disconnect();
  }
}

type Peer = { connect(): Promise<void>; disconnect(): Promise<void> };

function idempotentProducer(kafka: Kafka): Producer {
  const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;
  return kafka.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner });
}

function produce(kafka: Kafka, numbers: readonly number[]): Promise<void> {
  return using(idempotentProducer(kafka), (producer) => send(producer, numbers));
}

async function send(producer: Producer, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const messages = [{ key: `key-${number % 7}`, value: String(number) }];
    await producer.send({ topic, acks: -1, messages });
  }
}

/** The numbers of the topic from its start, until there are `count`, ascending; each as often as it is there. */
function readAll(kafka: Kafka, count: number): Promise<number[]> {
  return using(kafka.consumer({ groupId: `reader-${count}`, maxWaitTimeInMs: 200 }), async (consumer) => {
    const numbers: number[] = [];
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        numbers.push(Number(message.value));
      },
    });
    await expect.poll(() => numbers.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
    return numbers.sort((one, other) => one - other);
  });
}

function createTopic(kafka: Kafka): Promise<boolean> {
  const topics = [{ topic, numPartitions: 3 }];
  return using(kafka.admin(), (admin) => admin.createTopics({ topics, waitForLeaders: true }));
}

/** How many replicas of each partition are in sync. */
function inSync(kafka: Kafka): Promise<number[]> {
  return using(kafka.admin(), async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.flatMap(({ partitions }) => partitions.map(({ isr }) => isr.length));
  });
}

function minInsync(kafka: Kafka): Promise<string | undefined> {
  return using(kafka.admin(), async (admin) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['min.insync.replicas'] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Runs the program behind `npm run kafka` until it says that Kafka is ready. */
async function launch(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../kafka/main.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stops.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  await expect.poll(() => output, { timeout: 60_000 }).toMatch(/KAFKA_BROKERS=127\.0\.0\.1:\d+\n/);
  return child;
}

/** Brokers on the data of this test; empty where the system has no /proc. */
function brokerPids(): number[] {
  return processesNaming([join(dataDir, 'broker-1/server.properties')]);
}

/** Processes other than this one that have one of these words in their command line. */
function processesNaming(words: readonly string[]): number[] {
  return globSync('/proc/[0-9]*/cmdline')
    .filter((file) =>
      readOrEmpty(file)
        .split('\0')
        .some((word) => words.includes(word)),
    )
    .map((file) => Number(file.split('/')[2]));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
