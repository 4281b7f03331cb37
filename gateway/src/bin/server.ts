import cluster from 'node:cluster';
import { createLogger, runProcess } from '@nova/runtime';
import { readEnv, toConfig } from '../config.ts';
import { createGateway } from '../gateway.ts';
import { reportReady, startWorkers, workerConfig } from '../workers/workers.ts';

const settings = readEnv(process.env);
const config = toConfig(settings);
const log = createLogger({ service: 'gateway', level: config.logLevel });

async function start() {
  if (cluster.isWorker) {
    const gateway = await createGateway(workerConfig(config), { log: log.child({ worker: cluster.worker?.id }) });
    reportReady(gateway);
    return gateway;
  }
  return config.workers > 1 ? startWorkers(config, { log }) : createGateway(config, { log });
}

await runProcess(log, start, { graceMs: config.shutdownDelayMs + config.drainTimeoutMs + 5_000 });
