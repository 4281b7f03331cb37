import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { requireService } from './services.ts';

export type TestRedis = { readonly url: string; stop(): Promise<void> };

const startTimeoutMs = 10_000;

/** A Redis of its own on a free port, empty and without persistence; `program` is the path that requireService gave. */
export async function startRedis(program: string): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-redis-'));
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no'];
  const child = spawn(program, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= (async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(directory, { recursive: true, force: true });
    })();
    return stopping;
  };
  try {
    await Promise.race([
      answersPing(port),
      exited.then(() => Promise.reject(new Error('redis-server ended at once.'))),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, stop };
}

/** A Redis for the length of one test, which is skipped where there is none. */
export async function redisFor(context: TestContext): Promise<TestRedis> {
  const redis = await startRedis(requireService(context, 'redis'));
  context.onTestFinished(() => redis.stop());
  return redis;
}

async function answersPing(port: number): Promise<void> {
  const signal = AbortSignal.timeout(startTimeoutMs);
  while (!(await ping(port))) {
    signal.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port was given.');
  return address.port;
}
