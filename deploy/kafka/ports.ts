import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Advice } from '../dev/bootstrap/advice.mjs';

/** Where one node listens, on loopback: clients and brokers, and the controllers among themselves. */
export type NodePorts = { readonly client: number; readonly controller: number };

/**
 * Ports of `brokers` nodes: two each from `base` upwards, or free ones when it is 0. Throws `Advice` naming a port of the
 * base that is taken.
 */
export async function choosePorts(brokers: number, base: number): Promise<NodePorts[]> {
  if (base !== 0) {
    for (let port = base; port < base + 2 * brokers; port += 1) {
      if (!(await isFree(port))) throw new Advice(`Port ${port} (for Kafka) is in use. Choose others with --port.`);
    }
  }
  const from = base === 0 ? await freeBase(2 * brokers) : base;
  return Array.from({ length: brokers }, (_, index) => ({
    client: from + 2 * index,
    controller: from + 2 * index + 1,
  }));
}

/**
 * Below the ports that the system hands out for outgoing connections: a client that calls a killed broker would
 * otherwise, sooner or later, be given that broker's own port.
 */
async function freeBase(count: number): Promise<number> {
  for (;;) {
    const base = randomInt(20_000, 32_000);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
