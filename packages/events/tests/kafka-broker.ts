import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaBroker, type KafkaOptions as KafkaStart, startKafka } from '@nova/deploy/kafka/kafka.ts';
import { choosePorts, type NodePorts } from '@nova/deploy/kafka/ports.ts';
import { type FaultProxy, requireService, startFaultProxy } from '@nova/testkit';
import { afterAll, beforeEach } from 'vitest';
import type { KafkaOptions } from '../src/index.ts';

export type TestBroker = KafkaBroker & {
  readonly address: string;
  /** Options of a log on it. */
  options(changes?: Partial<KafkaOptions>): KafkaOptions;
};

/** One broker for the tests of a file, which are skipped on a machine that cannot run it. */
export function brokerOfFile(): () => Promise<TestBroker> {
  return startedOnce((stops) => startBroker(stops));
}

export type ProxiedBroker = { readonly broker: TestBroker; readonly proxy: FaultProxy };

/** The same, with a proxy between the broker and all its clients. */
export function proxiedBrokerOfFile(): () => Promise<ProxiedBroker> {
  return startedOnce(async (stops) => {
    const [{ client: port }] = (await choosePorts(1, 0)) as [NodePorts];
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
    stops.push(() => proxy.stop());
    return { proxy, broker: await startBroker(stops, { ports: port, advertisedPorts: [proxy.port] }) };
  });
}

type Stops = Array<() => Promise<unknown>>;

/** In a hook, whose time is not the test's: a busy machine takes a minute to start a broker. */
function startedOnce<T>(start: (stops: Stops) => Promise<T>): () => Promise<T> {
  const stops: Stops = [];
  let started: Promise<T> | undefined;
  beforeEach(async (context) => {
    requireService(context, 'java');
    requireService(context, 'maven');
    started ??= start(stops);
    await started;
  }, 180_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  }, 60_000);
  return async () => {
    if (!started) throw new Error('The broker starts with the first test.');
    return started;
  };
}

async function startBroker(stops: Stops, at: Partial<KafkaStart> = {}): Promise<TestBroker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nova-kafka-log-'));
  stops.push(() => rm(dataDir, { recursive: true, force: true }));
  const cluster = await startKafka({ brokers: 1, dataDir, heapMb: 256, ...at });
  stops.push(() => cluster.stop());
  const [broker] = cluster.brokers as [KafkaBroker];
  const [listening = ''] = cluster.bootstrapServers;
  const address = at.advertisedPorts ? `127.0.0.1:${at.advertisedPorts[0]}` : listening;
  return {
    ...broker,
    get pid() {
      return broker.pid;
    },
    address,
    options: (changes) => ({
      brokers: [address],
      clientId: 'nova-test',
      replicationFactor: 1,
      minInsyncReplicas: 1,
      createTopics: true,
      publishTimeoutMs: 30_000,
      // The least that a broker lets a member ask for.
      sessionTimeoutMs: 6_000,
      requestTimeoutMs: 15_000,
      ...changes,
    }),
  };
}
