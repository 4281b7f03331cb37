import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createBackoff } from '@nova/resilience';
import { type Logger, type Metrics, StopStack, startAdminServer } from '@nova/runtime';
import { AggregatorRegistry, Counter, Gauge, Registry } from 'prom-client';
import type { GatewayConfig } from '../config.ts';

/** What a worker says when it serves. */
type WorkerIsReady = { readonly type: 'worker ready'; readonly url: string; readonly adminUrl: string };

const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** A worker that ran this long had a good start. */
const goodRunMs = 10_000;
const readinessTimeoutMs = 1_500;

export type Workers = { readonly url: string; readonly adminUrl: string; stop(): Promise<void> };

/**
 * Serves from several processes on one port: connections are dealt out in turn, a worker that ends is replaced. The admin port
 * is the primary's: ready while one worker is, with the metrics of all of them as one. Rejects when a worker cannot start.
 */
export async function startWorkers(config: GatewayConfig, { log }: { log: Logger }): Promise<Workers> {
  const stack = new StopStack();
  const ready = new Map<Worker, WorkerIsReady>();
  const metrics = workerMetrics(ready);
  let stopping = false;
  const backoff = createBackoff({ firstMs: firstPauseMs, maxMs: longestPauseMs });

  const begin = async (): Promise<WorkerIsReady> => {
    const startedAt = performance.now();
    const worker = cluster.fork();
    worker.once('exit', (code, signal) => {
      ready.delete(worker);
      if (stopping) return;
      if (performance.now() - startedAt > goodRunMs) backoff.reset();
      const pauseMs = backoff.next();
      metrics.restarts.inc();
      log.error({ worker: worker.id, code, signal, pauseMs }, 'a worker ended; another takes its place');
      // One that cannot start ends, which brings the next one.
      setTimeout(() => stopping || begin().catch(() => undefined), pauseMs);
    });
    const said = await readiness(worker);
    ready.set(worker, said);
    log.info({ worker: worker.id, pid: worker.process.pid }, 'worker ready');
    return said;
  };

  const checkReady = () => {
    if (stopping) throw new Error('the gateway is stopping');
    return oneIsReady([...ready.values()]);
  };
  try {
    const admin = await startAdminServer({
      host: config.adminHost,
      port: config.adminPort,
      metrics,
      checks: [{ name: 'workers', check: checkReady }],
    });
    stack.add('admin server', () => admin.stop());
    stack.add('workers', () => {
      stopping = true;
      return Promise.all(Object.values(cluster.workers ?? {}).map((worker) => worker && stopWorker(worker)));
    });
    const [first] = await Promise.all(Array.from({ length: config.workers }, begin));
    const url = first?.url ?? '';
    log.info({ url, adminUrl: admin.url, workers: config.workers }, 'gateway ready');
    return { url, adminUrl: admin.url, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** What a worker does besides serving; its admin port is its own, for the primary alone. */
export function workerConfig(config: GatewayConfig): GatewayConfig {
  return { ...config, adminHost: '127.0.0.1', adminPort: 0 };
}

/** Tells the primary that this worker serves, and lets it read the worker's metrics. */
export function reportReady({ url, adminUrl, metrics }: { url: string; adminUrl: string; metrics: Metrics }): void {
  AggregatorRegistry.setRegistries([metrics]);
  // Made for its listener only.
  new AggregatorRegistry();
  process.send?.({ type: 'worker ready', url, adminUrl } satisfies WorkerIsReady);
}

async function readiness(worker: Worker): Promise<WorkerIsReady> {
  const ended = new AbortController();
  worker.once('exit', () => ended.abort(new Error('A worker ended before it was ready.')));
  for (;;) {
    const [message] = await once(worker, 'message', { signal: ended.signal });
    if (message?.type === 'worker ready') return message;
  }
}

async function stopWorker(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const exited = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  await exited;
}

async function oneIsReady(workers: readonly WorkerIsReady[]): Promise<void> {
  const signal = AbortSignal.timeout(readinessTimeoutMs);
  await Promise.any(
    workers.map(async ({ adminUrl }) => {
      const { ok } = await fetch(`${adminUrl}/readyz`, { signal });
      if (!ok) throw new Error('not ready');
    }),
  ).catch(() => {
    throw new Error(`none of ${workers.length} workers is ready`);
  });
}

function workerMetrics(ready: ReadonlyMap<Worker, unknown>) {
  const own = new Registry();
  own.setDefaultLabels({ service: 'gateway' });
  const registers = [own];
  const restarts = new Counter({
    name: 'gateway_worker_restarts_total',
    help: 'Workers that ended by themselves and were replaced.',
    registers,
  });
  new Gauge({
    name: 'gateway_workers',
    help: 'Workers that serve.',
    registers,
    collect() {
      this.set(ready.size);
    },
  });
  const all = new AggregatorRegistry();
  return {
    restarts,
    contentType: own.contentType,
    metrics: async () => `${await all.clusterMetrics()}\n${await own.metrics()}`,
  };
}
