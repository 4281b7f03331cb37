import { join } from 'node:path';
import { type KafkaCluster, startKafka } from '../../kafka/kafka.ts';
import { keepRunning, type Server } from './keep-running.ts';
import type { LogPrinter } from './log-printer.ts';
import type { LauncherOptions } from './options.ts';
import type { ProcessTable } from './process-table.ts';

const heapMb = 384;

export type LauncherKafka = {
  /** For KAFKA_BROKERS. */
  readonly brokers: string;
  /** Resolves when it can be used. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
};

type Context = { readonly options: LauncherOptions; readonly table: ProcessTable; readonly logs: LogPrinter };

/** Begins to start a Kafka of one broker on the instance's ports; once it is ready it is brought back when it dies. */
export function beginKafka({ options, table, logs }: Context): LauncherKafka {
  const port = options.port + 96;
  const stopping = new AbortController();
  let lost: () => void = () => undefined;
  const starting = startKafka({
    brokers: 1,
    dataDir: join(options.dataDir, 'kafka'),
    ports: port,
    heapMb,
    signal: stopping.signal,
    onLost: () => lost(),
    onProgress: logs.print,
    ...(options.verbose ? { onLog: (line: string) => logs.line('kafka', line) } : {}),
  });
  const asServer = (cluster: KafkaCluster): Server => {
    const [broker] = cluster.brokers;
    if (!broker) throw new Error('Kafka started without a broker.');
    const exited = new Promise<void>((resolve) => (lost = resolve));
    void exited.then(table.add({ name: 'kafka', pid: broker.pid }));
    return {
      exited,
      async stop() {
        await broker.stop();
        lost();
      },
    };
  };
  const kept = starting.then((cluster) => {
    const start = async () => {
      await cluster.brokers[0]?.start();
      return asServer(cluster);
    };
    return { cluster, server: keepRunning({ name: 'kafka', running: asServer(cluster), start, logs }) };
  });
  const ready = kept.then(() => undefined);
  ready.catch(() => undefined);
  return {
    brokers: `127.0.0.1:${port}`,
    ready,
    async stop() {
      stopping.abort();
      const running = await kept.catch(() => undefined);
      await running?.server.stop();
      await running?.cluster.stop();
    },
  };
}
