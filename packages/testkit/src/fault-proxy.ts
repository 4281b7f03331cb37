import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Fault, startFaultPipe } from './fault-pipe.ts';

export type FaultProxy = {
  /** Where clients connect, on 127.0.0.1. */
  readonly port: number;
  /** Connections that are not over on both sides. */
  readonly connections: number;
  /** Replaces the fault there was, for open connections and new ones; resolves when it is in force. */
  setFault(fault: Fault): Promise<void>;
  /** All is well again, but for connections that lost something to a half-open one: they are ended by RST. */
  clear(): Promise<void>;
  stop(): Promise<void>;
};

/** A TCP proxy on loopback that can be told what to do wrong. Without `port` it takes a free one. */
export async function startFaultProxy(options: {
  target: { readonly host: string; readonly port: number };
  port?: number;
}): Promise<FaultProxy> {
  const { target } = options;
  const links = new Set<Link>();
  let fault: Fault | undefined;
  const accept = (client: Socket) => {
    if (isCut(fault)) client.resetAndDestroy();
    else {
      const link: Link = openLink(client, { target, fault: () => fault, onClosed: () => links.delete(link) });
      links.add(link);
    }
  };
  let server = await (options.port ? listen(options.port, accept) : listenAnywhere(accept));
  const { port } = server.address() as { port: number };

  const change = async (next: Fault | undefined) => {
    const mendsHalfOpen = fault?.kind === 'half-open' && next?.kind !== 'half-open';
    fault = next;
    for (const link of [...links]) {
      if (isCut(next) || (mendsHalfOpen && link.hasLost())) link.reset();
      else link.update();
    }
    if (next?.kind === 'down') await close(server);
    else if (!server.listening) server = await listen(port, accept);
  };
  // One after the other, so that a port is never opened while it is still being closed.
  let changes = Promise.resolve();
  const inTurn = (next: Fault | undefined) => {
    const done = changes.then(() => change(next));
    changes = done.catch(() => undefined);
    return done;
  };
  return {
    port,
    get connections() {
      return links.size;
    },
    setFault: inTurn,
    clear: () => inTurn(undefined),
    stop: () => inTurn({ kind: 'down' }),
  };
}

function isCut(fault: Fault | undefined): boolean {
  return fault?.kind === 'reset' || fault?.kind === 'down';
}

/** One connection of a client, and ours to the server for it. */
type Link = {
  hasLost(): boolean;
  update(): void;
  reset(): void;
};

type LinkOptions = {
  readonly target: { readonly host: string; readonly port: number };
  fault(): Fault | undefined;
  onClosed(): void;
};

function openLink(client: Socket, { target, fault, onClosed }: LinkOptions): Link {
  // A client that comes while nothing passes does not reach the server either.
  const server = fault()?.kind === 'half-open' ? undefined : connect({ ...target, allowHalfOpen: true });
  const pipes = server ? [startFaultPipe(client, server, fault), startFaultPipe(server, client, fault)] : [];
  const sockets = server ? [client, server] : [client];
  let hasLost = server === undefined;
  const reset = () => {
    for (const pipe of pipes) pipe.stop();
    for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
  };
  if (!server) client.resume();
  for (const socket of sockets) {
    socket.setNoDelay(true);
    socket.on('error', () => {
      // That one side has given up does not pass either.
      if (fault()?.kind === 'half-open') hasLost = true;
      else reset();
    });
    socket.once('close', () => {
      if (sockets.every(({ closed }) => closed)) onClosed();
    });
  }
  return {
    hasLost: () => hasLost || pipes.some((pipe) => pipe.hasLost),
    update() {
      for (const pipe of pipes) pipe.update();
    },
    reset,
  };
}

function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/**
 * Below the ports that the system hands out for outgoing connections: while the proxy is down, a client's own connection
 * could be given its port, or connect to itself there.
 */
async function listenAnywhere(accept: (client: Socket) => void): Promise<Server> {
  for (;;) {
    try {
      return await listen(randomInt(20_000, 32_000), accept);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  await closed;
}
