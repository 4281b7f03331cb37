import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from '../src/embedded/index.ts';

const cleanups: Array<() => Promise<unknown> | unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'nova-embedded-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

async function start(dataDir: string, options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, port: options.port ?? 0, durable: false });
  cleanups.push(() => server.stop());
  return server;
}

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.adminUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

function startInChild(dataDir: string): ChildProcess {
  const child = fork(join(import.meta.dirname, 'start-and-wait.ts'), [dataDir], { stdio: 'inherit' });
  cleanups.push(() => child.kill('SIGKILL'));
  return child;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const rootOnly = 'only root can show it';

test('a server starts from nothing, keeps its data and is found again by the next start', async () => {
  const dataDir = newDataDir();
  const first = await start(dataDir);
  expect(first.reused).toBe(false);
  await query(first, 'create table note (text text)');
  await query(first, "insert into note values ('kept')");
  await first.stop();
  expect(isRunning(first.pid)).toBe(false);

  const second = await start(dataDir);
  expect(second.reused).toBe(true);
  expect(await query(second, 'select text from note')).toEqual([{ text: 'kept' }]);
});

test('a server is what production has: logical WAL, checksums, UTF-8, scram passwords, loopback only', async () => {
  const server = await start(newDataDir());
  const names = ['wal_level', 'data_checksums', 'server_encoding', 'password_encryption', 'listen_addresses'];
  const rows = await query(server, `select ${names.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`);
  expect(rows).toEqual([
    {
      wal_level: 'logical',
      data_checksums: 'on',
      server_encoding: 'UTF8',
      password_encryption: 'scram-sha-256',
      listen_addresses: '127.0.0.1',
    },
  ]);
  await expect(
    query({ ...server, adminUrl: server.adminUrl.replace(/:[^:@/]+@/, ':wrong@') }, 'select 1'),
  ).rejects.toThrow(/password authentication failed/);
});

test('the superuser password is readable by its owner alone, and no other copy is left', async () => {
  const dataDir = newDataDir();
  const server = await start(dataDir);
  expect(statSync(join(dataDir, 'superuser-password')).mode & 0o777).toBe(0o600);
  expect(readdirSync(dataDir).sort()).toEqual(['cluster', 'superuser-password']);
  await server.stop();
});

test('a server does not run as root', async ({ skip }) => {
  skip(process.getuid?.() !== 0, rootOnly);
  const server = await start(newDataDir());
  expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
});

test('stop may be called any number of times, at once and later', async () => {
  const server = await start(newDataDir());
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  await server.exited;
  expect(isRunning(server.pid)).toBe(false);
});

test('stop does not wait for clients that stay connected', async () => {
  const server = await start(newDataDir());
  const client = new pg.Client({ connectionString: server.adminUrl });
  client.on('error', () => undefined);
  const lost = new Promise((resolve) => client.once('end', resolve));
  await client.connect();
  await server.stop();
  await lost;
});

test('a server ends when the process that started it is killed', async () => {
  const child = startInChild(newDataDir());
  const [{ pid }] = await once(child, 'message');
  expect(isRunning(pid)).toBe(true);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 50 });
});

test('a start right after its starter was killed takes the data over', async () => {
  const dataDir = newDataDir();
  const child = startInChild(dataDir);
  const [{ pid }] = await once(child, 'message');
  child.kill('SIGKILL');
  const server = await start(dataDir);
  expect(server.reused).toBe(true);
  expect(isRunning(pid)).toBe(false);
});

test('a start stops the server that another start left running on its data', async () => {
  const dataDir = newDataDir();
  const child = startInChild(dataDir);
  const [{ pid }] = await once(child, 'message');
  const server = await start(dataDir);
  expect(server.pid).not.toBe(pid);
  expect(isRunning(pid)).toBe(false);
});

test('a lock file whose number now belongs to a stranger is no obstacle, and the stranger lives', async () => {
  const dataDir = newDataDir();
  const first = await start(dataDir);
  await first.stop();
  writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${process.pid}\n${join(dataDir, 'cluster')}\n1\n5432\n`);
  const second = await start(dataDir);
  expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('an interrupted creation of the cluster is started over', async () => {
  const dataDir = newDataDir();
  const child = startInChild(dataDir);
  const halfMade = () => readdirSync(dataDir).some((name) => name.startsWith('unfinished-'));
  await vi.waitUntil(halfMade, { timeout: 10_000, interval: 5 });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(join(dataDir, 'cluster'))).toBe(false);

  const server = await start(dataDir);
  expect(server.reused).toBe(false);
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(readdirSync(dataDir).sort()).toEqual(['cluster', 'superuser-password']);
});

test('data of another major version is refused with both versions named', async () => {
  const dataDir = newDataDir();
  mkdirSync(join(dataDir, 'cluster'));
  writeFileSync(join(dataDir, 'superuser-password'), 'secret');
  writeFileSync(join(dataDir, 'cluster', 'PG_VERSION'), '9\n');
  await expect(start(dataDir)).rejects.toThrow(/was made by PostgreSQL 9, but this is PostgreSQL \d+/);
});

test('a taken port is named as the reason', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  cleanups.push(() => holder.close());
  await once(holder, 'listening');
  const failure = await start(newDataDir(), { port: (holder.address() as AddressInfo).port }).catch((error) => error);
  expect(failure).toBeInstanceOf(EmbeddedPostgresError);
  expect(failure.message).toMatch(/port is taken/);
});

test('for root, a directory closed to the database user is named before anything is made', async ({ skip }) => {
  skip(process.getuid?.() !== 0, rootOnly);
  const closed = mkdtempSync(join(tmpdir(), 'nova-closed-'));
  cleanups.push(() => rmSync(closed, { recursive: true }));
  const failure = await start(join(closed, 'postgres')).catch((error) => error);
  expect(failure).toBeInstanceOf(EmbeddedPostgresError);
  expect(failure.message).toContain(`may not enter ${closed}`);
  expect(readdirSync(join(closed, 'postgres'))).toEqual([]);
});
