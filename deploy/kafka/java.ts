import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Advice } from '../dev/bootstrap/advice.mjs';

const oldestMajor = 17;
const installation = 'On Debian or Ubuntu: apt install default-jre-headless maven';

/** The Java program to run: that of JAVA_HOME, else the one on the path. Throws `Advice` when it is missing or too old. */
export function requireJava(): string {
  const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';
  const { error, stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' });
  if (error) throw new Advice(`Kafka needs Java ${oldestMajor} or newer; "${java}" does not run.\n${installation}`);
  const version = /version "([^"]+)"/.exec(`${stderr}${stdout}`)?.[1] ?? 'of an unknown version';
  if (Number.parseInt(version, 10) >= oldestMajor) return java;
  throw new Advice(`Kafka needs Java ${oldestMajor} or newer; "${java}" is ${version}.\n${installation}`);
}

/** Throws `Advice` when Maven is missing. */
export function requireMaven(): string {
  if (!spawnSync('mvn', ['--version']).error) return 'mvn';
  throw new Advice(`Kafka's jars are fetched by Maven, and there is no "mvn" on this machine.\n${installation}`);
}
