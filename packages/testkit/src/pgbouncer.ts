import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freeFixedPort } from './fixed-port.ts';

export type TestPgBouncer = {
  readonly port: number;
  /** The same database and role as `url`, which must be one of those it was started with, by way of PgBouncer. */
  through(url: string): string;
  /** Resolves when running transactions have ended; from then on queries wait until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it with every client's connection; SIGTERM (the default) does not wait for transactions either. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port after `kill`; resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
};

const startTimeoutMs = 10_000;
const consoleUser = 'test_console';

/**
 * PgBouncer in transaction mode before the PostgreSQL of `urls`, all of one server, each with its user and password;
 * `program` is the path that requireService gave. `poolSize` is that of each database and role.
 */
export async function startPgBouncer(
  program: string,
  options: { urls: readonly string[]; poolSize?: number },
): Promise<TestPgBouncer> {
  const port = await freeFixedPort();
  const account = unprivilegedAccount();
  const directory = prepare({ ...options, port, account });
  const consoleUrl = `postgres://${consoleUser}:${consoleUser}@127.0.0.1:${port}/pgbouncer`;
  let child: ChildProcess | undefined;

  const start = async () => {
    if (child) throw new Error('This PgBouncer is running.');
    const started = spawn(program, [join(directory, 'pgbouncer.ini')], { stdio: 'ignore', cwd: directory, ...account });
    child = started;
    const ended = once(started, 'exit').then(() => Promise.reject(new Error('pgbouncer ended at once.')));
    await Promise.race([answers(consoleUrl), ended]);
    ended.catch(() => undefined);
  };
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  };
  const stop = async () => {
    await kill();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    through(url) {
      const given = new URL(url);
      given.hostname = '127.0.0.1';
      given.port = String(port);
      return given.href;
    },
    pause: () => command(consoleUrl, 'pause'),
    resume: () => command(consoleUrl, 'resume'),
    kill,
    start,
    stop,
  };
}

type Account = { readonly uid: number; readonly gid: number };

function prepare(options: {
  urls: readonly string[];
  poolSize?: number;
  port: number;
  account: Account | undefined;
}): string {
  const directory = mkdtempSync(join(tmpdir(), 'nova-pgbouncer-'));
  const urls = options.urls.map((url) => new URL(url));
  const [server] = urls;
  if (!server) throw new Error('PgBouncer needs the URL of a PostgreSQL.');
  const users = urls.map(({ username, password }) => [decodeURIComponent(username), decodeURIComponent(password)]);
  const quoted = (text: string | undefined) => `"${text?.replaceAll('"', '""')}"`;
  const files = {
    'users.txt': [...users, [consoleUser, consoleUser]].map((user) => `${user.map(quoted).join(' ')}\n`).join(''),
    'pgbouncer.ini': `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${options.port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(directory, 'users.txt')}
admin_users = ${consoleUser}
pool_mode = transaction
default_pool_size = ${options.poolSize ?? 5}
max_client_conn = 200
server_login_retry = 0.2
`,
  };
  const { account } = options;
  for (const [name, content] of Object.entries(files)) {
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    if (account) chownSync(file, account.uid, account.gid);
  }
  if (account) chownSync(directory, account.uid, account.gid);
  chmodSync(directory, 0o700);
  return directory;
}

/** PgBouncer refuses to run as root. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = ['postgres:', 'nobody:'].map((name) => lines.find((entry) => entry.startsWith(name))).find(Boolean);
  const [, , uid, gid] = line?.split(':') ?? [];
  if (!uid || !gid)
    throw new Error('PgBouncer refuses to run as root, and there is neither a user postgres nor nobody.');
  return { uid: Number(uid), gid: Number(gid) };
}

async function answers(consoleUrl: string): Promise<void> {
  const signal = AbortSignal.timeout(startTimeoutMs);
  for (;;) {
    try {
      await command(consoleUrl, 'show version');
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      await delay(20);
    }
  }
}

async function command(consoleUrl: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: consoleUrl, connectionTimeoutMillis: startTimeoutMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
