import type { NodePorts } from './ports.ts';

export type NodeSettings = {
  readonly id: number;
  readonly logDir: string;
  /** Of all nodes, in the order of their ids. */
  readonly ports: readonly NodePorts[];
  /** Where others are told to find it; by default where it listens. */
  readonly advertisedPort?: number;
};

/** The server.properties of one node that is broker and controller of a cluster on this machine. */
export function brokerProperties({ id, logDir, ports, advertisedPort }: NodeSettings): string {
  const own = ports[id - 1];
  if (!own) throw new Error(`Node ${id} has no ports.`);
  const replicas = ports.length;
  const minInsync = replicas === 1 ? 1 : 2;
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': ports.map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`).join(),
    listeners: `PLAINTEXT://127.0.0.1:${own.client},CONTROLLER://127.0.0.1:${own.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort ?? own.client}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'num.partitions': 6,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInsync,
    ...internalTopics(replicas, minInsync),
    ...small,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${escaped(String(value))}\n`)
    .join('');
}

/** Java reads properties as Latin-1, with backslashes for everything else. */
function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function internalTopics(replicas: number, minInsync: number) {
  return {
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInsync,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInsync,
    'share.coordinator.state.topic.num.partitions': 8,
  };
}

const small = {
  // By default 128 MB, which a small heap does not have.
  'log.cleaner.dedupe.buffer.size': 4 * 1024 * 1024,
  'num.network.threads': 2,
  'num.io.threads': 4,
  // How long a killed broker counts as alive, and keeps its restarted self out: by default 9 s.
  'broker.session.timeout.ms': 6_000,
  'broker.heartbeat.interval.ms': 1_000,
};
