import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Advice } from '../dev/bootstrap/advice.mjs';

/** What Kafka needs on a machine. Plain JavaScript, because `npm start` asks before anything is installed. */

const oldestMajor = 17;
const installation = 'On Debian or Ubuntu: apt install default-jre-headless maven';

export const pomFile = fileURLToPath(new URL('pom.xml', import.meta.url));

/** The Java program to run: that of JAVA_HOME, else the one on the path. Throws `Advice` when it is missing or too old. */
export function requireJava() {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';
  const { error, stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (error) throw new Advice(`Kafka needs Java ${oldestMajor} or newer; "${java}" does not run.\n${installation}`);
  const version = /version "([^"]+)"/.exec(`${stderr}${stdout}`)?.[1] ?? 'of an unknown version';
  if (Number.parseInt(version, 10) >= oldestMajor) return java;
  throw new Advice(`Kafka needs Java ${oldestMajor} or newer; "${java}" is ${version}.\n${installation}`);
}

/** Throws `Advice` when Maven is missing. */
export function requireMaven() {
  if (!spawnSync('mvn', ['--version']).error) return 'mvn';
  throw new Advice(`Kafka's jars are fetched by Maven, and there is no "mvn" on this machine.\n${installation}`);
}

/** Where the jars of pom.xml lie once they were fetched. */
export function kafkaJarsDir() {
  const hash = createHash('sha256').update(readFileSync(pomFile)).digest('hex').slice(0, 12);
  return join(dirname(pomFile), 'target', `jars-${hash}`);
}

/** Throws `Advice` naming what is missing to run Kafka on this machine. */
export function requireKafkaPrograms() {
  requireJava();
  if (!existsSync(kafkaJarsDir())) requireMaven();
}
