import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../src/index.ts';

let server: Server;
let proxy: FaultProxy;
/** Connections as the server has them. */
let accepted: Socket[];
let clients: Socket[];

beforeEach(async () => {
  accepted = [];
  clients = [];
  server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: portOf(server) } });
});

afterEach(async () => {
  await proxy.stop();
  for (const socket of [...clients, ...accepted]) socket.destroy();
  server.close();
});

test('without a fault every byte passes in order, both ways, and so does the end', async () => {
  const client = await open();
  const sent = randomBytes(3 * 1024 * 1024);
  const echoed = everything(client);
  client.end(sent);
  expect(sent.equals(await echoed)).toBe(true);
  await expect.poll(() => proxy.connections).toBe(0);
});

test('latency delays both ways of open and new connections, and clear delivers what waits', async () => {
  const before = await open();
  await roundTrip(before, 'warm');
  await proxy.setFault({ kind: 'latency', ms: 150 });
  for (const client of [before, await open()]) {
    const startedAtMs = performance.now();
    await roundTrip(client, 'late');
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(300);
  }
  await proxy.setFault({ kind: 'latency', ms: 600_000 });
  const answer = once(before, 'data');
  before.write('waiting');
  await expect.poll(() => before.bytesWritten).toBe(15);
  await proxy.clear();
  expect(String((await answer)[0])).toBe('waiting');
});

test('bandwidth lets so many bytes a second through', async () => {
  const client = await open();
  await proxy.setFault({ kind: 'bandwidth', bytesPerSecond: 20_000 });
  const sent = randomBytes(10_000);
  const echoed = everything(client);
  const startedAtMs = performance.now();
  client.end(sent);
  expect(sent.equals(await echoed)).toBe(true);
  expect(performance.now() - startedAtMs).toBeGreaterThan(400);
});

test('what cannot be passed on is held to a bound: the sender is not read any further', async () => {
  const client = await open();
  await proxy.setFault({ kind: 'bandwidth', bytesPerSecond: 1 });
  const block = Buffer.alloc(1024 * 1024);
  let takenBlocks = 0;
  for (let blocks = 0; blocks < 64; blocks++) client.write(block, () => takenBlocks++);
  // Two kernels' buffers and the bound of the proxy.
  const settled = await settledValue(() => takenBlocks);
  expect(settled).toBeGreaterThan(0);
  expect(settled).toBeLessThan(32);
});

test('reset ends open connections on both sides and every new one by RST, until it is cleared', async () => {
  const client = await open();
  await roundTrip(client, 'fine');
  const atServer = accepted[0] as Socket;
  const ends = [errorOf(client), errorOf(atServer)];
  await proxy.setFault({ kind: 'reset' });
  expect(await Promise.all(ends)).toEqual(['ECONNRESET', 'ECONNRESET']);
  expect(await errorOf(socketTo(proxy.port))).toBe('ECONNRESET');
  await proxy.clear();
  await roundTrip(await open(), 'again');
});

test('half-open keeps connections and swallows every byte and end; what lost something does not come back', async () => {
  const [talking, silent] = [await open(), await open()];
  await roundTrip(talking, 'fine');
  await roundTrip(silent, 'fine');
  await proxy.setFault({ kind: 'half-open' });
  const late = await open();
  const heard: string[] = [];
  for (const client of [talking, late]) client.on('data', (data) => heard.push(String(data)));
  talking.write('lost');
  late.write('lost');
  accepted[1]?.end('lost too');
  await expect.poll(() => accepted[1]?.writableFinished).toBe(true);
  await proxyHasRead();
  expect(heard).toEqual([]);
  expect([talking, silent, late].map(({ destroyed, readableEnded }) => destroyed || readableEnded)).toEqual([
    false,
    false,
    false,
  ]);
  expect(accepted).toHaveLength(2);

  const ends = [talking, silent, late].map(errorOf);
  await proxy.clear();
  expect(await Promise.all(ends)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
  await expect.poll(() => proxy.connections).toBe(0);
});

test('a half-open connection that lost nothing goes on when it is cleared', async () => {
  const client = await open();
  await roundTrip(client, 'fine');
  await proxy.setFault({ kind: 'half-open' });
  await proxy.clear();
  await roundTrip(client, 'still fine');
});

test('the server does not learn of a client that vanished behind a half-open connection', async () => {
  const client = await open();
  await roundTrip(client, 'fine');
  await proxy.setFault({ kind: 'half-open' });
  client.resetAndDestroy();
  await proxyHasRead();
  expect(accepted[0]?.destroyed).toBe(false);
  const end = errorOf(accepted[0] as Socket);
  await proxy.clear();
  expect(await end).toBe('ECONNRESET');
});

test('down refuses new connections on the same port until it is cleared, however often it changes', async () => {
  const client = await open();
  const end = errorOf(client);
  await proxy.setFault({ kind: 'down' });
  expect(await end).toBe('ECONNRESET');
  expect(await errorOf(socketTo(proxy.port))).toBe('ECONNREFUSED');
  await Promise.all([proxy.clear(), proxy.setFault({ kind: 'down' }), proxy.clear()]);
  await roundTrip(await open(), 'again');
});

test('a server that is away looks to the client like a reset', async () => {
  await using(createServer(), async (gone) => {
    const nowhere = await startFaultProxy({ target: { host: '127.0.0.1', port: portOf(gone) } });
    gone.close();
    await once(gone, 'close');
    expect(await errorOf(socketTo(nowhere.port))).toBe('ECONNRESET');
    await nowhere.stop();
  });
});

async function using(other: Server, use: (server: Server) => Promise<void>): Promise<void> {
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  await use(other);
}

function portOf(listening: Server): number {
  return (listening.address() as { port: number }).port;
}

function socketTo(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  clients.push(socket);
  return socket;
}

async function open(): Promise<Socket> {
  const socket = socketTo(proxy.port);
  await once(socket, 'connect');
  return socket;
}

async function roundTrip(client: Socket, text: string): Promise<void> {
  const answer = once(client, 'data');
  client.write(text);
  expect(String((await answer)[0])).toBe(text);
}

/** Whether what was sent before has been taken by the proxy: a connection opened later was accepted after that. */
async function proxyHasRead(): Promise<void> {
  for (let opened = 0; opened < 3; opened++) await open();
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The code of the error that ends a socket, which must be read for it to be noticed. */
async function errorOf(socket: Socket): Promise<string> {
  socket.resume();
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed without an error'));
  });
}

/** A number once it has been the same for five looks in a row. */
async function settledValue(read: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await expect
    .poll(
      () => {
        same = read() === last ? same + 1 : 0;
        last = read();
        return same;
      },
      { interval: 100 },
    )
    .toBeGreaterThanOrEqual(5);
  return last;
}
