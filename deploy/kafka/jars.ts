import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Advice } from '../dev/bootstrap/advice.mjs';
import { kafkaJarsDir, pomFile, requireMaven } from './requirements.mjs';
import { runToEnd } from './run-to-end.ts';

/**
 * The class path of Kafka as pom.xml pins it. Maven runs once for each content of that file; two launchers may do so at
 * the same time. Throws `Advice` with what Maven printed.
 */
export async function resolveKafkaJars(onProgress: (line: string) => void): Promise<string> {
  const jarsDir = kafkaJarsDir();
  if (!existsSync(jarsDir)) {
    const maven = requireMaven();
    onProgress("Fetching Kafka's jars with Maven (once) ...");
    await fetchJars(maven, jarsDir);
    removeOthers(jarsDir);
  }
  return join(jarsDir, '*');
}

async function fetchJars(maven: string, jarsDir: string): Promise<void> {
  const fetching = `${jarsDir}.${randomUUID()}`;
  try {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${fetching}`];
    const { status, output } = await runToEnd(maven, ['-q', '-B', '-f', pomFile, ...goal]);
    if (status !== 0) throw new Advice(`Maven could not fetch Kafka's jars.\n${output.trim()}`);
    // Never half a directory, and of two launchers the second finds the first one's.
    if (!existsSync(jarsDir)) renameSync(fetching, jarsDir);
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}

/** Jars of an earlier pom.xml; whoever still runs on them has them open. */
function removeOthers(jarsDir: string): void {
  const targetDir = dirname(jarsDir);
  for (const name of readdirSync(targetDir)) {
    const path = join(targetDir, name);
    if (/^jars-[0-9a-f]{12}$/.test(name) && path !== jarsDir) rmSync(path, { recursive: true, force: true });
  }
}
