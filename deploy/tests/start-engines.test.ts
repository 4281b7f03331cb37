import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newDataDir, processesOn, startScript } from './running-nova.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = newDataDir();
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test.each([
  { option: '--kafka', env: {}, said: 'Kafka needs Java 17 or newer; "java" does not run.' },
  { option: '--kafka', env: { JAVA_HOME: '/nowhere' }, said: '"/nowhere/bin/java" does not run.' },
  { option: '--redis', env: {}, said: '--redis runs the redis-server of this machine, and there is none.' },
])('$option names the program that is missing before anything is made ($env)', ({ option, env, said }) => {
  const nothing = { PATH: '/nowhere', ...env };
  const args = [startScript, '--data-dir', dataDir, option];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env: nothing });
  expect(status).toBe(1);
  expect(stderr).toContain(said);
  expect(stderr).toContain('apt install');
  expect(existsSync(dataDir)).toBe(false);
});

test.each([
  { engine: undefined, args: ['--kafka'], env: {}, way: 'Start without --kafka and KAFKA_BROKERS' },
  { engine: 'postgres', args: [], env: { KAFKA_BROKERS: 'a:1' }, way: 'Start without --kafka and KAFKA_BROKERS' },
  { engine: 'kafka', args: [], env: { KAFKA_BROKERS: 'a:1' }, way: 'Start with --kafka' },
  { engine: 'own kafka', args: ['--kafka'], env: {}, way: 'Start with that KAFKA_BROKERS' },
  { engine: 'own kafka', args: [], env: {}, way: 'Start with that KAFKA_BROKERS' },
])('data with events in $engine is not started with $args $env: unread events would stay behind', (start) => {
  mkdirSync(join(dataDir, 'postgres/cluster'), { recursive: true });
  if (start.engine) writeFileSync(join(dataDir, 'event-engine.json'), JSON.stringify({ engine: start.engine }));
  const env = { PATH: process.env.PATH, ...start.env };
  const args = [startScript, '--data-dir', dataDir, ...start.args];
  const { stderr, status } = spawnSync('node', args, { encoding: 'utf8', env });
  expect(status).toBe(1);
  expect(stderr).toContain(start.way);
  expect(stderr).toContain('npm start -- --reset');
  expect(processesOn(dataDir)).toEqual([]);
});
