import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { requireService } from '@nova/testkit';
import { afterEach, beforeEach, describe, expect, type TestContext, test, vi } from 'vitest';
import { liveBrokers } from '../kafka/health.ts';
import {
  freeBasePort,
  type Nova,
  newDataDir,
  nothingLeft,
  processesOn,
  processTable,
  startNova,
  startScript,
} from './running-nova.ts';

const slow = { timeout: 180_000 };
let dataDir: string;
let started: Nova[];

beforeEach(() => {
  dataDir = newDataDir();
  started = [];
});

afterEach(async () => {
  for (const { child, ended } of started) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  }
  rmSync(dataDir, { recursive: true, force: true });
}, 60_000);

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

describe.skipIf(process.platform !== 'linux')('with --kafka and --redis', () => {
  test(
    'both run beside the rest, come back when they are killed, keep their data, and end with the launcher',
    slow,
    async (context) => {
      const nova = await ready(context, ['--kafka', '--redis']);
      const [brokers, redis] = [`127.0.0.1:${nova.port + 96}`, nova.port + 98];
      expect(nova.output()).toContain(`KAFKA_BROKERS=${brokers}`);
      expect(nova.output()).toContain(`REDIS_URL=redis://127.0.0.1:${redis}`);
      for (const name of ['identity', 'user', 'content'])
        expect(environmentOf(name)).toMatchObject({ KAFKA_BROKERS: brokers, REDIS_URL: `redis://127.0.0.1:${redis}` });
      expect(environmentOf('gateway').REDIS_URL).toBe(`redis://127.0.0.1:${redis}`);
      expect(environmentOf('gateway').KAFKA_BROKERS).toBeUndefined();

      expect(await askRedis(redis, 'SET kept yes')).toBe('+OK');
      const before = [pidOf('kafka'), pidOf('redis')];
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await nova.printed(/redis +\| is back/);
      await nova.printed(/kafka +\| is back/);
      // The table is written by another process than the one that says they are back.
      const after = await vi.waitFor(() => [pidOf('kafka'), pidOf('redis')], { timeout: 10_000 });
      expect(after.filter((pid) => before.includes(pid))).toEqual([]);
      expect(await liveBrokers(brokers)).toEqual([1]);
      expect(await askRedis(redis, 'GET kept')).toBe('$3');

      process.kill(pidOf('launcher'), 'SIGKILL');
      expect(await nova.ended).toBe(1);
      await nothingLeft(dataDir);
    },
  );

  test('data that began with Kafka goes on with it unasked, until --reset', slow, async (context) => {
    const first = await ready(context, ['--kafka']);
    expect(existsSync(join(dataDir, 'redis'))).toBe(false);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain('Stopping: gateway, subgraphs, database, Kafka.');
    expect(processesOn(dataDir)).toEqual([]);

    const second = await ready(context, []);
    expect(second.output()).toContain('so Kafka runs, as with --kafka');
    expect(await liveBrokers(`127.0.0.1:${second.port + 96}`)).toEqual([1]);
    second.child.kill('SIGKILL');
    await nothingLeft(dataDir);

    const third = await ready(context, ['--reset']);
    expect(third.output()).not.toMatch(/Kafka/);
    expect(existsSync(join(dataDir, 'kafka'))).toBe(false);
    expect(environmentOf('content').KAFKA_BROKERS).toBeUndefined();
  });
});

async function ready(context: TestContext, args: readonly string[]): Promise<Nova> {
  for (const service of ['java', 'maven', 'redis'] as const) requireService(context, service);
  const seed = existsSync(dataDir) && !args.includes('--reset') ? [] : ['--seed-size', '20'];
  const nova = startNova({ port: await freeBasePort(), dataDir, args: [...seed, ...args] });
  started.push(nova);
  await nova.printed('Ready in');
  return nova;
}

function pidOf(name: string): number {
  const found = processTable(dataDir).find((entry) => entry.name === name);
  if (!found) throw new Error(`No process ${name} is in the table.`);
  return found.pid;
}

function environmentOf(name: string): Record<string, string | undefined> {
  const entries = readFileSync(`/proc/${pidOf(name)}/environ`, 'utf8').split('\0');
  return Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s).slice(0, 2)));
}

async function askRedis(port: number, command: string): Promise<string> {
  const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
  const [data] = await once(socket, 'data');
  socket.destroy();
  return String(data).split('\r\n')[0] as string;
}
