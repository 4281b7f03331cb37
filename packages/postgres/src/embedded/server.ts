import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { spawnProgram, superuser } from './cluster.ts';
import { EmbeddedPostgresError, failureOf } from './embedded-postgres-error.ts';
import { type RecentLines, recentLines } from './recent-lines.ts';

export type ServerOptions = {
  readonly clusterDir: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  readonly password: string;
  readonly durable: boolean;
  readonly sharedBuffersMb: number;
  readonly onLog?: (line: string) => void;
};

export type Server = {
  readonly pid: number;
  readonly port: number;
  readonly exited: Promise<void>;
  stop(): Promise<void>;
};

const readyWithinMs = 60_000;
const fastStopWithinMs = 10_000;
/** How long the password may be refused: while our server fails on a taken port, another one answers there. */
const passwordRefusedForMs = 3_000;

/** Starts the server and resolves when it has answered a query; port 0 means any free one. */
export async function startServer(port: number, options: ServerOptions): Promise<Server> {
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    const chosen = port === 0 ? await freePort() : port;
    const server = launch(chosen, options);
    try {
      await becomeReady(server, { port: chosen, password: options.password, clusterDir: options.clusterDir, deadline });
      return { pid: server.pid, port: chosen, exited: server.exited, stop: server.stop };
    } catch (error) {
      await server.stop();
      const printed = server.log.lines.join('\n');
      // Processes of a killed server hold its memory for a moment longer; a free port may be taken between probe and use.
      const passing =
        /pre-existing shared memory/.test(printed) || (port === 0 && /Address already in use/.test(printed));
      if (!passing || Date.now() > deadline) throw error;
      await delay(250);
    }
  }
}

type Launched = { child: ChildProcess; pid: number; exited: Promise<void>; log: RecentLines; stop(): Promise<void> };

function launch(port: number, options: ServerOptions): Launched {
  const log = recentLines(20, options.onLog);
  const child = spawnProgram(options.binaries.postgres, serverFlags(port, options), {
    account: options.account,
    cwd: options.clusterDir,
  });
  const { pid } = child;
  if (!pid) throw new EmbeddedPostgresError(`${options.binaries.postgres} could not be started.`);
  for (const stream of [child.stdout, child.stderr]) if (stream) log.follow(stream);
  const exited = once(child, 'close').then(() => undefined);
  const watchdog = startWatchdog(pid, options);
  void exited.then(() => watchdog.kill('SIGKILL'));
  let stopping: Promise<void> | undefined;
  return {
    child,
    pid,
    exited,
    log,
    stop() {
      stopping ??= stopServer(child, exited);
      return stopping;
    },
  };
}

function serverFlags(port: number, options: ServerOptions): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_connections: '200',
    shared_buffers: `${options.sharedBuffersMb}MB`,
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', options.clusterDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/**
 * A shell that holds the reading end of a pipe from this process and stops the server when the pipe closes: the one
 * signal of our death that even SIGKILL cannot suppress.
 */
function startWatchdog(pid: number, { account, clusterDir }: ServerOptions): ChildProcess {
  const script =
    'read -r _; kill -INT "$1" 2>/dev/null || exit 0; ' +
    'i=0; while [ $i -lt 50 ]; do sleep 0.2; kill -0 "$1" 2>/dev/null || exit 0; i=$((i+1)); done; kill -QUIT "$1"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'nova-postgres-watchdog', String(pid), clusterDir], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
  });
  watchdog.stdin?.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
}

async function stopServer(child: ChildProcess, exited: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(signal);
    await Promise.race([exited, delay(fastStopWithinMs, undefined, { ref: false })]);
  }
  await exited;
}

type Address = { readonly port: number; readonly password: string; readonly clusterDir: string };

async function becomeReady(server: Launched, address: Address & { deadline: number }): Promise<void> {
  const startedAtMs = Date.now();
  const ended = server.exited.then(() => 'ended' as const);
  for (;;) {
    const refusal = await Promise.race([refusalToAnswer(address), ended]);
    if (refusal === 'ended') throw failureOf('PostgreSQL ended while starting.', server.log.lines);
    if (!refusal) return;
    if ('code' in refusal && refusal.code === '28P01' && Date.now() - startedAtMs > passwordRefusedForMs) {
      throw failureOf('PostgreSQL refuses the password kept beside its data.', server.log.lines);
    }
    if (Date.now() > address.deadline) {
      throw failureOf(
        `PostgreSQL was not ready within ${readyWithinMs / 1000} s (${refusal.message}).`,
        server.log.lines,
      );
    }
    await Promise.race([ended, delay(50)]);
  }
}

/** Why our server does not answer a query yet; undefined when it did. A stranger on the same port does not count. */
async function refusalToAnswer(address: Address): Promise<Error | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: address.port,
    user: superuser,
    password: address.password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ dir: string }>("select current_setting('data_directory') as dir");
    return rows[0]?.dir === address.clusterDir ? undefined : new Error('another server answers on its port');
  } catch (error) {
    return error as Error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
