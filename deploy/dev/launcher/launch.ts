import { join } from 'node:path';
import type { StopStack } from '@nova/runtime';
import { domainPorts, subgraphNames } from '@nova/schema';
import { withProgress } from '../bootstrap/progress.mjs';
import { banner } from './banner.ts';
import { startDatabase } from './database.ts';
import { type DomainContext, eventLogMigration, gatewaySpec, migrationOf, subgraphSpec } from './domains.ts';
import { beginKafka, type LauncherKafka } from './kafka.ts';
import { ensureKeys } from './keys.ts';
import { startLiveEditing } from './live-editing.ts';
import { createLogPrinter, type LogPrinter } from './log-printer.ts';
import { gatewayUrl, type LauncherOptions } from './options.ts';
import { ProcessTable } from './process-table.ts';
import { type LauncherRedis, startRedis } from './redis.ts';
import { runToEnd } from './run-to-end.ts';
import { requireSampleAnswer } from './sample.ts';
import { publishIfChanged } from './schema-files.ts';
import { seedOnce } from './seed-once.ts';
import { type Supervised, supervise } from './supervisor.ts';

type Launch = { readonly options: LauncherOptions; readonly stops: StopStack; readonly signal: AbortSignal };

/**
 * Starts everything in the order in which it depends on one another and says "Ready" once the gateway has answered the
 * sample query as expected. What was started is added to `stops`, which stops it in the opposite order.
 */
export async function launch({ options, stops, signal }: Launch): Promise<void> {
  const place = (domain: string) => domainPorts(domain, options.port).graphql;
  const domains = subgraphNames().sort((a, b) => place(a) - place(b));
  const logs = createLogPrinter({
    names: ['postgres', 'kafka', 'redis', ...domains, 'gateway'],
    verbose: options.verbose,
  });
  const hooks = { logs, table: new ProcessTable() };

  const keys = await ensureKeys(join(options.dataDir, 'keys'), domains);
  signal.throwIfAborted();
  const engines = await startEngines({ options, stops, signal }, hooks);
  const database = await startDatabase({ options, domains, keys, ...hooks });
  stops.add('database', database.stop);
  signal.throwIfAborted();

  const { kafka, redis } = engines;
  const addresses = { kafkaBrokers: kafka?.brokers, redisUrl: redis?.url };
  const context = { options, keys, databaseUrl: database.urlFor, ...addresses };
  await migrateAll(domains, context, signal);
  const urls = Object.fromEntries(domains.map((domain) => [domain, database.urlFor(domain)]));
  const seeded = await seedOnce({ options, urls, isNew: database.isNew, signal });
  await publishIfChanged(options.dataDir, { signal, print: logs.print });

  if (kafka) await withProgress({ title: 'starting Kafka', done: 'Kafka' }, () => kafka.ready);
  signal.throwIfAborted();

  const subgraphs = domains.map((name) => supervise(subgraphSpec(name, context), hooks));
  stops.add('subgraphs', () => Promise.all(subgraphs.map((subgraph) => subgraph.stop())));
  await withProgress({ title: 'starting the subgraphs', done: `subgraphs ${domains.join(', ')}` }, () =>
    Promise.all(subgraphs.map((subgraph) => startUnlessStopped(subgraph, signal))),
  );
  signal.throwIfAborted();
  const gateway = supervise(gatewaySpec(domains, context), hooks);
  stops.add('gateway', gateway.stop);
  await withProgress({ title: 'starting the gateway', done: 'gateway answers the sample query' }, async () => {
    await startUnlessStopped(gateway, signal);
    await requireSampleAnswer(gatewayUrl(options, '/graphql'), seeded.sample, signal);
  });

  const liveEditing = startLiveEditing({ subgraphs, gateway, logs });
  stops.add('live editing', liveEditing.stop);
  logs.print(banner({ options, domains, seeded, ...addresses, seconds: (Date.now() - options.startedAtMs) / 1000 }));
  logs.showInfo();
  signal.addEventListener('abort', logs.hideInfo);
}

/** What --kafka and --redis ask for. Kafka takes its time, so it starts while the rest does. */
async function startEngines(
  { options, stops, signal }: Launch,
  hooks: { logs: LogPrinter; table: ProcessTable },
): Promise<{ kafka: LauncherKafka | undefined; redis: LauncherRedis | undefined }> {
  const kafka = options.kafka ? beginKafka({ options, ...hooks }) : undefined;
  if (kafka) stops.add('Kafka', kafka.stop);
  const redis = options.redis ? await startRedis({ options, ...hooks }) : undefined;
  if (redis) stops.add('Redis', redis.stop);
  signal.throwIfAborted();
  return { kafka, redis };
}

/** A part that neither becomes ready nor ends must not keep a stop waiting: its end makes the start fail. */
async function startUnlessStopped(part: Supervised, signal: AbortSignal): Promise<void> {
  const end = () => void part.stop();
  signal.addEventListener('abort', end);
  try {
    signal.throwIfAborted();
    await part.start();
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function migrateAll(domains: readonly string[], context: DomainContext, signal: AbortSignal): Promise<void> {
  return withProgress({ title: 'migrating', done: 'databases up to date' }, async (detail) => {
    detail('the event log');
    await runToEnd(eventLogMigration(context), { signal });
    for (const domain of domains) {
      detail(domain);
      await runToEnd(migrationOf(domain, context), { signal });
    }
  });
}
