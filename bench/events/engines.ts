import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '@nova/deploy/kafka/kafka.ts';
import { createKafkaEventLog, createPostgresEventLog, declaredTopics, type KafkaOptions } from '@nova/events';
import { eventLogMigrations } from '@nova/events/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import { migrate, provisionDatabase, roleName } from '@nova/postgres';
import { startEmbeddedPostgres } from '@nova/postgres/embedded';
import type { StopStack } from '@nova/runtime';

/** The log to publish to, as it can be handed to a process. */
export type LogChoice = { readonly kind: 'kafka'; readonly kafka: KafkaOptions } | { readonly kind: 'postgres' };

export function openLog(choice: LogChoice, directUrl: string) {
  return choice.kind === 'kafka' ? createKafkaEventLog(choice.kafka) : createPostgresEventLog({ url: directUrl });
}

export type Engines = { readonly directUrl: string; readonly logs: readonly [kafka: LogChoice, postgres: LogChoice] };

/** PostgreSQL as `npm start` runs it (fsync and synchronous_commit on), one Kafka broker; data in a folder that goes with them. */
export async function startEngines(stack: StopStack): Promise<Engines> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-bench-'));
  // As root, PostgreSQL runs as another user, who has to get through.
  await chmod(directory, 0o711);
  stack.add('data', () => rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: join(directory, 'postgres'), port: 0 });
  stack.add('PostgreSQL', postgres.stop);
  const password = randomBytes(12).toString('hex');
  await provisionDatabase({
    adminUrl: postgres.adminUrl,
    database: 'nova',
    domains: [{ name: 'content', password }],
    eventLogPassword: password,
  });
  const urlOf = (name: string) => postgres.urlFor({ database: 'nova', user: roleName(name), password });
  await migrate({ url: urlOf('event_log'), schema: 'event_log', migrations: eventLogMigrations });
  await migrate({ url: urlOf('content'), schema: 'content', migrations: outboxMigrations });
  const broker = await startKafka({ brokers: 1, dataDir: join(directory, 'kafka'), heapMb: 512 });
  stack.add('Kafka', broker.stop);
  const kafka: KafkaOptions = {
    brokers: broker.bootstrapServers,
    clientId: 'nova-bench',
    replicationFactor: 1,
    minInsyncReplicas: 1,
    createTopics: true,
    publishTimeoutMs: 30_000,
    sessionTimeoutMs: 30_000,
    requestTimeoutMs: 15_000,
  };
  const directUrl = urlOf('content');
  const logs: Engines['logs'] = [{ kind: 'kafka', kafka }, { kind: 'postgres' }];
  for (const choice of logs) {
    const log = openLog(choice, directUrl);
    await log.ensureTopics(declaredTopics);
    await log.stop();
  }
  return { directUrl, logs };
}
