import { join, resolve } from 'node:path';
import { Advice } from '../dev/bootstrap/advice.mjs';
import { type BrokerProcess, spawnBroker } from './broker-process.ts';
import { type DataDir, openDataDir } from './data-dir.ts';
import { resolveKafkaJars } from './jars.ts';
import type { KafkaProgram } from './kafka-program.ts';
import { choosePorts, type NodePorts } from './ports.ts';
import { requireJava } from './requirements.mjs';
import { openCluster, prepareNode, resetData } from './storage.ts';

export type KafkaOptions = {
  /** Three make a cluster with replication 3 and two in-sync replicas required. */
  readonly brokers: 1 | 3;
  /** Made when missing; belongs to Kafka alone. */
  readonly dataDir: string;
  /** The first of two ports for each broker, on loopback; 0 (the default) takes free ones. */
  readonly ports?: number;
  /**
   * Ports of 127.0.0.1 that the brokers tell clients to connect to, one each, for a proxy between; by default those they
   * listen on, which `bootstrapServers` names either way. The brokers, too, reach each other through it.
   */
  readonly advertisedPorts?: readonly number[];
  /** Heap of each broker; it takes about 150 MB more. */
  readonly heapMb: number;
  /** What the brokers print. */
  readonly onLog?: (line: string) => void;
  /** What is being done before they run and may take a minute. */
  readonly onProgress?: (line: string) => void;
  /** Called when a broker ends though nobody stopped it. */
  readonly onLost?: (error: Error) => void;
  /** Deletes the data first. */
  readonly reset?: boolean;
  /** Gives up starting. */
  readonly signal?: AbortSignal;
};

export type KafkaBroker = {
  readonly id: number;
  /** Of the process that runs now or ran last. */
  readonly pid: number;
  /** SIGTERM (the default) ends it in order; SIGKILL is a crash. Resolves when the process is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on its data and ports; resolves when the cluster counts it as alive. */
  start(): Promise<void>;
};

export type KafkaCluster = {
  /** `host:port` of each broker. */
  readonly bootstrapServers: readonly string[];
  readonly brokers: readonly KafkaBroker[];
  /** Ends all that run. Calling it again changes nothing. */
  stop(): Promise<void>;
};

const readyWithinMs = 90_000;

/**
 * Starts Apache Kafka on this machine and resolves when every broker answers and is counted as alive. Data stays in
 * `dataDir` for the next start. Throws `Advice` (no Java or Maven, a taken port, data in use, a broker that ends or is
 * late) and leaves no process behind.
 */
export async function startKafka({ dataDir: givenDir, ...rest }: KafkaOptions): Promise<KafkaCluster> {
  const options = { ...rest, dataDir: resolve(givenDir) };
  if (options.dataDir.includes(',')) throw new Advice('Kafka takes no data directory with a comma in its path.');
  const java = requireJava();
  const program = { java, classPath: await resolveKafkaJars(options.onProgress ?? (() => undefined)) };
  const dataDir = await openDataDir(options.dataDir);
  try {
    if (options.reset) resetData(options.dataDir);
    const nodes = await prepareNodes(program, options);
    options.signal?.throwIfAborted();
    return await startNodes(nodes, { dataDir, signal: options.signal });
  } catch (error) {
    dataDir.release();
    throw error;
  }
}

type Node = { readonly id: number; readonly address: string; spawn(): BrokerProcess };

async function prepareNodes(program: KafkaProgram, options: KafkaOptions): Promise<Node[]> {
  const { clusterId } = openCluster(options.dataDir, options.brokers);
  const ports = await choosePorts(options.brokers, options.ports ?? 0);
  return Promise.all(
    ports.map(async ({ client }: NodePorts, index) => {
      const id = index + 1;
      const nodeDir = join(options.dataDir, `broker-${id}`);
      const propertiesFile = await prepareNode(program, {
        id,
        nodeDir,
        logDir: join(nodeDir, 'data'),
        ports,
        advertisedPort: options.advertisedPorts?.[index],
        clusterId,
      });
      const address = `127.0.0.1:${client}`;
      const logPath = join(options.dataDir, `broker-${id}.log`);
      const { heapMb, onLog, onLost } = options;
      const settings = { program, id, address, nodeDir, propertiesFile, logPath, heapMb, onLog, onLost };
      return { id, address, spawn: () => spawnBroker(settings) };
    }),
  );
}

async function startNodes(nodes: readonly Node[], owner: { dataDir: DataDir; signal?: AbortSignal }) {
  const { dataDir, signal } = owner;
  const running = new Map<number, BrokerProcess>();
  const note = () => dataDir.note([...running.values()].filter(({ isOver }) => !isOver()).map(({ pid }) => pid));
  let stopping: Promise<void> | undefined;
  const brokers = nodes.map((node) =>
    controlledBroker(node, { running, note, isStopped: () => stopping !== undefined }),
  );
  const stop = () => {
    stopping ??= Promise.all(brokers.map((broker) => broker.stop())).then(() => dataDir.release());
    return stopping;
  };
  const giveUp = () => void stop();
  signal?.addEventListener('abort', giveUp);
  try {
    await Promise.all(brokers.map((broker) => broker.start()));
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  return { bootstrapServers: nodes.map(({ address }) => address), brokers, stop };
}

type Control = { running: Map<number, BrokerProcess>; note(): void; isStopped(): boolean };

function controlledBroker(node: Node, { running, note, isStopped }: Control): KafkaBroker {
  const current = () => running.get(node.id);
  return {
    id: node.id,
    get pid() {
      return current()?.pid ?? 0;
    },
    async stop(signal = 'SIGTERM') {
      await current()?.stop(signal);
      note();
    },
    async start() {
      if (isStopped()) throw new Error('This Kafka was stopped.');
      if (current()?.isOver() === false) throw new Error(`Broker ${node.id} is running.`);
      const started = node.spawn();
      running.set(node.id, started);
      note();
      try {
        await started.ready(Date.now() + readyWithinMs);
      } catch (error) {
        await started.stop('SIGKILL');
        throw error;
      }
    },
  };
}
