import { join } from 'node:path';
import type { StopStack } from '@nova/runtime';
import { domainPorts, subgraphNames } from '@nova/schema';
import { withProgress } from '../bootstrap/progress.mjs';
import { banner } from './banner.ts';
import { startDatabase } from './database.ts';
import { gatewaySpec, migrationOf, subgraphSpec } from './domains.ts';
import { ensureKeys } from './keys.ts';
import { startLiveEditing } from './live-editing.ts';
import { createLogPrinter } from './log-printer.ts';
import type { LauncherOptions } from './options.ts';
import { ProcessTable } from './process-table.ts';
import { runToEnd } from './run-to-end.ts';
import { requireSampleAnswer } from './sample.ts';
import { publishIfChanged } from './schema-files.ts';
import { seedOnce } from './seed-once.ts';
import { supervise } from './supervisor.ts';

/**
 * Starts everything in the order in which it depends on one another and says "Ready" once the gateway has answered the
 * sample query as expected. What was started is added to `stops`, which stops it in the opposite order.
 */
export async function launch(launch: {
  options: LauncherOptions;
  stops: StopStack;
  signal: AbortSignal;
}): Promise<void> {
  const { options, stops, signal } = launch;
  const startedAtMs = performance.now();
  const domains = subgraphNames().sort(
    (a, b) => domainPorts(a, options.port).graphql - domainPorts(b, options.port).graphql,
  );
  const table = new ProcessTable();
  const logs = createLogPrinter({ names: ['postgres', ...domains, 'gateway'], verbose: options.verbose });

  const keys = await ensureKeys(join(options.dataDir, 'keys'), domains);
  signal.throwIfAborted();
  const database = await startDatabase({ options, domains, keys, table, logs });
  stops.add('database', database.stop);
  signal.throwIfAborted();

  const context = { options, keys, databaseUrl: database.urlFor };
  await withProgress({ title: 'migrating', done: 'databases up to date' }, async (detail) => {
    for (const domain of domains) {
      detail(domain);
      await runToEnd(migrationOf(domain, context), { signal });
    }
  });
  const seeded = await seedOnce({
    options,
    urls: Object.fromEntries(domains.map((d) => [d, database.urlFor(d)])),
    isNew: database.isNew,
    signal,
  });
  await publishIfChanged(options.dataDir, { signal, print: logs.print });

  const hooks = { table, logs };
  const subgraphs = new Map(domains.map((name) => [name, supervise(subgraphSpec(name, context), hooks)]));
  const gateway = supervise(gatewaySpec(domains, context), hooks);
  stops.add('subgraphs', () => Promise.all([...subgraphs.values()].map((subgraph) => subgraph.stop())));
  await withProgress({ title: 'starting the subgraphs', done: `subgraphs ${domains.join(', ')}` }, () =>
    Promise.all([...subgraphs.values()].map((subgraph) => subgraph.start())),
  );
  signal.throwIfAborted();
  stops.add('gateway', gateway.stop);
  const endpoint = `http://127.0.0.1:${options.port}/graphql`;
  await withProgress({ title: 'starting the gateway', done: 'gateway answers the sample query' }, async () => {
    await gateway.start();
    await requireSampleAnswer(endpoint, seeded.sample, signal);
  });
  const liveEditing = startLiveEditing({ subgraphs, gateway, logs });
  stops.add('live editing', liveEditing.stop);
  signal.addEventListener('abort', logs.hideInfo);
  logs.print(banner({ options, domains, seeded, seconds: (performance.now() - startedAtMs) / 1000 }));
  logs.showInfo();
}
