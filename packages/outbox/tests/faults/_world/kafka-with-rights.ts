import { appendFileSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaBroker, startKafka } from '@nova/deploy/kafka/kafka.ts';
import { requireService } from '@nova/testkit';
import { afterAll } from 'vitest';
import { type KafkaOfFile, kafkaOptionsFor } from './kafka-of-file.ts';

/** One Kafka for the tests of a file that asks for rights: everybody may do what no rule is about. */
export function kafkaWithRights(): KafkaOfFile {
  const stops: Array<() => Promise<unknown>> = [];
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  }, 60_000);
  let started: ReturnType<KafkaOfFile> | undefined;
  return (context) => {
    requireService(context, 'java');
    requireService(context, 'maven');
    started ??= start(stops);
    return started;
  };
}

async function start(stops: Array<() => Promise<unknown>>): ReturnType<KafkaOfFile> {
  const dataDir = mkdtempSync(join(tmpdir(), 'nova-faults-kafka-'));
  stops.push(() => rm(dataDir, { recursive: true, force: true }));
  const cluster = await startKafka({ brokers: 1, dataDir, heapMb: 256 });
  stops.push(() => cluster.stop());
  const [broker] = cluster.brokers as readonly [KafkaBroker];
  await broker.stop();
  appendFileSync(
    join(dataDir, 'broker-1/server.properties'),
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nallow.everyone.if.no.acl.found=true\n',
  );
  await broker.start();
  return { cluster, proxies: [], options: kafkaOptionsFor(cluster.bootstrapServers) };
}
