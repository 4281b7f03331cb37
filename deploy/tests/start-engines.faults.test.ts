import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
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
