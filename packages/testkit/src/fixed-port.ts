import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [from, to] = [20_000, 32_000];
const workers = 8;
const perWorker = (to - from) / workers;
const given = new Set<number>();

/**
 * A free port on loopback for a server that will be restarted on it, given once. It is below those that the system hands out for
 * outgoing connections: while the server is away, a client's own connection could be given its port, or reach itself there.
 * Each worker of a test run has ports of its own.
 */
export async function freeFixedPort(): Promise<number> {
  const first = from + (Number(process.env.VITEST_POOL_ID ?? 0) % workers) * perWorker;
  for (;;) {
    const port = randomInt(first, first + perWorker);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
