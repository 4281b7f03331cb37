import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Advice } from '../dev/bootstrap/advice.mjs';
import { brokerProperties, type NodeSettings } from './broker-properties.ts';
import { javaArgs, type KafkaProgram } from './kafka-program.ts';
import { runToEnd } from './run-to-end.ts';

/** The same for the life of a data directory: all nodes were formatted for it. */
type Cluster = { readonly clusterId: string; readonly brokers: number };

/** Reads which cluster the data is of, or decides it. Throws `Advice` when it is of another number of brokers. */
export function openCluster(dataDir: string, brokers: number): Cluster {
  const file = join(dataDir, 'cluster.json');
  if (!existsSync(file)) {
    // Sixteen bytes as Kafka writes its UUIDs. With a leading dash the format tool would take it for an option.
    const cluster = { clusterId: `N${randomBytes(16).toString('base64url').slice(1)}`, brokers };
    writeFileSync(file, JSON.stringify(cluster));
    return cluster;
  }
  const cluster = JSON.parse(readFileSync(file, 'utf8')) as Cluster;
  if (cluster.brokers === brokers) return cluster;
  throw new Advice(
    `The data in ${dataDir} is of ${cluster.brokers} broker(s), not ${brokers}. Start as many, use another --data-dir, or delete the data with --reset.`,
  );
}

/** Writes the settings of a node (ports may change from start to start) and formats its storage the first time. */
export async function prepareNode(program: KafkaProgram, node: NodeSettings & { nodeDir: string; clusterId: string }) {
  mkdirSync(node.logDir, { recursive: true });
  const propertiesFile = join(node.nodeDir, 'server.properties');
  writeFileSync(propertiesFile, brokerProperties(node));
  if (!existsSync(join(node.logDir, 'meta.properties'))) {
    const tool = ['kafka.tools.StorageTool', 'format', '-t', node.clusterId, '-c', propertiesFile];
    const { status, output } = await runToEnd(program.java, [...javaArgs(program, 64), ...tool]);
    if (status !== 0) throw new Advice(`Kafka could not format ${node.logDir}.\n${output.trim()}`);
  }
  return propertiesFile;
}

/** Deletes what Kafka keeps in a data directory, and nothing else. */
export function resetData(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (/^(cluster\.json|broker-\d+(\.log(\.1)?)?)$/.test(name))
      rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}
