import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaCluster, startKafka } from '@nova/deploy/kafka/kafka.ts';
import { choosePorts } from '@nova/deploy/kafka/ports.ts';
import type { KafkaOptions } from '@nova/events';
import { type FaultProxy, requireService, startFaultProxy } from '@nova/testkit';
import { afterAll, type TestContext } from 'vitest';

export type TestKafka = {
  readonly cluster: KafkaCluster;
  /** One before each broker, when the file asked for them: all clients go through them. */
  readonly proxies: readonly FaultProxy[];
  /** Options of a log on it. */
  options(changes?: Partial<KafkaOptions>): KafkaOptions;
};

export type KafkaOfFile = (context: TestContext) => Promise<TestKafka>;

/** One Kafka for the tests of a file, started with the first that asks; skips those on a machine that cannot run it. */
export function kafkaOfFile(wanted: { brokers: 1 | 3; proxies?: boolean }): KafkaOfFile {
  const stops: Array<() => Promise<unknown>> = [];
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  }, 60_000);
  let started: Promise<TestKafka> | undefined;
  return (context) => {
    requireService(context, 'java');
    requireService(context, 'maven');
    started ??= start(wanted, stops);
    return started;
  };
}

async function start(
  { brokers, proxies: proxied = false }: { brokers: 1 | 3; proxies?: boolean },
  stops: Array<() => Promise<unknown>>,
): Promise<TestKafka> {
  const dataDir = await mkdtemp(join(tmpdir(), 'nova-faults-kafka-'));
  stops.push(() => rm(dataDir, { recursive: true, force: true }));
  const ports = await choosePorts(brokers, 0);
  const proxies: FaultProxy[] = [];
  for (const { client: port } of proxied ? ports : []) {
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
    proxies.push(proxy);
    stops.push(() => proxy.stop());
  }
  const [first] = ports;
  const cluster = await startKafka({
    brokers,
    dataDir,
    ports: first?.client,
    heapMb: 256,
    ...(proxied ? { advertisedPorts: proxies.map(({ port }) => port) } : {}),
  });
  stops.push(() => cluster.stop());
  const addresses = proxied ? proxies.map(({ port }) => `127.0.0.1:${port}`) : cluster.bootstrapServers;
  return {
    cluster,
    proxies,
    options: kafkaOptionsFor(addresses),
  };
}

export function kafkaOptionsFor(addresses: readonly string[]): (changes?: Partial<KafkaOptions>) => KafkaOptions {
  const brokers = addresses.length;
  return (changes) => ({
    brokers: addresses,
    clientId: 'nova-faults',
    replicationFactor: brokers,
    minInsyncReplicas: brokers === 1 ? 1 : 2,
    createTopics: true,
    publishTimeoutMs: 30_000,
    // The least that a broker lets a member ask for.
    sessionTimeoutMs: 6_000,
    requestTimeoutMs: 15_000,
    ...changes,
  });
}
