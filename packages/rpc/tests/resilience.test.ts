import { AppError } from '@nova/errors';
import { IdentityService } from '@nova/proto/nova/identity/v1/identity_service_pb.js';
import { freeFixedPort, startFaultProxy } from '@nova/testkit';
import { createChannel, createClient, Metadata, Status } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { afterAll, afterEach, expect, test } from 'vitest';
import { toDefinition } from '../src/definition.ts';
import type { RpcContext } from '../src/index.ts';
import { clientOf, id, keys, options, startIdentityServer, unmarked, user } from './_services.ts';

const stops: Array<() => Promise<unknown> | unknown> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => keys.remove());

async function serverOf(...args: Parameters<typeof startIdentityServer>) {
  const server = await startIdentityServer(...args);
  stops.push(server.stop);
  return server;
}

function client(...args: Parameters<typeof clientOf>) {
  const made = clientOf(...args);
  stops.push(made.stop);
  return { getUser: async (over?: Parameters<typeof options>[0]) => made.calls.getUser({ id }, await options(over)) };
}

const away = () => new AppError('SERVICE_UNAVAILABLE', 'Its database is away.');

test('a call that may be repeated is, when the service cannot answer just now', async () => {
  let tries = 0;
  const { port } = await serverOf(() => {
    tries += 1;
    if (tries < 3) throw away();
  });
  expect((await client(port).getUser()).user?.id).toBe(id);
  expect(tries).toBe(3);
});

test('a call of a method that says nothing of repeating is made once', async () => {
  let tries = 0;
  const { port } = await serverOf(() => {
    tries += 1;
    throw away();
  });
  await expect(client(port, { service: unmarked }).getUser()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(tries).toBe(1);
});

test.each(['OVERLOADED', 'NOT_FOUND', 'INTERNAL_ERROR', 'DEADLINE_EXCEEDED'] as const)(
  '%s is no reason to try again',
  async (code) => {
    let tries = 0;
    const { port } = await serverOf(() => {
      tries += 1;
      throw new AppError(code, 'No.');
    });
    await expect(client(port).getUser()).rejects.toMatchObject({ code });
    expect(tries).toBe(1);
  },
);

test('retries stay a small part of the calls, however many fail', async () => {
  let tries = 0;
  const { port } = await serverOf(() => {
    tries += 1;
    if (tries % 2 === 1) throw away();
  });
  const { getUser } = client(port);
  let failed = 0;
  // Every call fails at first; while the budget has retries left, the second try answers.
  for (let call = 0; call < 60; call += 1) await getUser().catch(() => (failed += 1));
  expect(tries - 60).toBeLessThanOrEqual(20 + 6);
  expect(failed).toBeGreaterThan(0);
});

test('a service that failed five times in a row is left alone, then tried once, then asked again', async () => {
  let tries = 0;
  let isAway = true;
  const { port } = await serverOf(() => {
    tries += 1;
    if (isAway) throw away();
  });
  const { getUser } = client(port, { service: unmarked });
  for (let call = 0; call < 5; call += 1) await expect(getUser()).rejects.toThrow('Its database is away.');
  await expect(getUser()).rejects.toThrow('has not answered lately');
  expect(tries).toBe(5);
  isAway = false;
  await expect
    .poll(() =>
      getUser().then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('answered');
  expect(tries).toBe(6);
  await getUser();
});

test('calls that their callers gave up or gave no time do not count against a service', async () => {
  let isQuick = false;
  const { port } = await serverOf(async ({ signal }) => {
    if (!isQuick) await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  });
  const { getUser } = client(port);
  for (let call = 0; call < 6; call += 1)
    await expect(getUser({ remainingMs: 20 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  for (let call = 0; call < 6; call += 1) {
    const reason = new AppError('DEADLINE_EXCEEDED', 'The caller hung up.');
    await expect(getUser({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  }
  isQuick = true;
  expect((await getUser()).user?.id).toBe(id);
});

test('a call has at most ten seconds, however long its request may take', async () => {
  let left = 0;
  const { port } = await serverOf(({ deadline }) => {
    left = deadline.remainingMs();
  });
  await client(port).getUser({ remainingMs: 60_000 });
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(10_000);
});

test('one call too many is refused at once with RESOURCE_EXHAUSTED and retry-after; health is answered', async () => {
  const release = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { port } = await serverOf(
    () => {
      arrived.resolve();
      return release.promise;
    },
    { maxCalls: 1 },
  );
  const { getUser } = client(port);
  const first = getUser();
  await arrived.promise;
  await expect(getUser()).rejects.toMatchObject({ code: 'OVERLOADED', details: { retryAfterSeconds: 1 } });
  const channel = createChannel(`127.0.0.1:${port}`);
  let trailer = Metadata();
  const raw = createClient(toDefinition(IdentityService), channel);
  const { metadata } = await options();
  const refused = raw.getUser({ id }, { metadata, onTrailer: (received) => (trailer = received) });
  await expect(refused).rejects.toMatchObject({ code: Status.RESOURCE_EXHAUSTED });
  expect(trailer.get('retry-after')).toBe('1');
  expect(await createClient(HealthDefinition, channel).check({ service: '' })).toMatchObject({ status: 1 });
  channel.close();
  release.resolve();
  await first;
  expect((await getUser()).user?.id).toBe(id);
});

test('more calls than a connection may carry wait for their turn at the client', async () => {
  let running = 0;
  let most = 0;
  const { port } = await serverOf(
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    },
    { maxStreams: 2 },
  );
  const { getUser } = client(port);
  await getUser();
  await Promise.all(Array.from({ length: 20 }, () => getUser()));
  expect(most).toBeLessThanOrEqual(2);
});

test('the addresses of a service take turns', async () => {
  const [first, second] = [await serverOf(() => 'first'), await serverOf(() => 'second')];
  const { getUser } = client(`ipv4:127.0.0.1:${first.port},127.0.0.1:${second.port}`);
  const names = async () => new Set([(await getUser()).user?.username, (await getUser()).user?.username]);
  await expect.poll(names).toEqual(new Set(['first', 'second']));
});

test('a name is resolved, and its addresses used', async () => {
  const { port } = await serverOf(() => undefined);
  expect((await client(`localhost:${port}`).getUser()).user?.id).toBe(id);
});

test('a message of more than 16 MB is refused in either direction', async () => {
  const { port } = await serverOf(() => 'x'.repeat(17 * 1024 * 1024));
  await expect(client(port).getUser()).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  const asked = clientOf(port);
  stops.push(asked.stop);
  const call = asked.calls.getUser({ id: 'x'.repeat(17 * 1024 * 1024) }, await options());
  await expect(call).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
});

test('a connection that died without a word is noticed by the client before the deadline of its call', async () => {
  const arrived = Promise.withResolvers<void>();
  const { port } = await serverOf(({ signal }) => {
    arrived.resolve();
    return new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  });
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
  stops.push(proxy.stop);
  const { getUser } = client(proxy.port, { service: unmarked, tuning: { keepaliveMs: 100, keepaliveTimeoutMs: 100 } });
  const call = getUser();
  const refusal = expect(call).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  await arrived.promise;
  await proxy.setFault({ kind: 'half-open' });
  await refusal;
});

test('a client that died without a word is noticed by the server, and its call ended before its deadline', async () => {
  const arrived = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number>();
  const { port } = await serverOf(
    async ({ signal, deadline }) => {
      signal.addEventListener('abort', () => ended.resolve(deadline.remainingMs()), { once: true });
      arrived.resolve();
      await ended.promise;
    },
    { keepaliveMs: 100, keepaliveTimeoutMs: 100 },
  );
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
  stops.push(proxy.stop);
  const call = client(proxy.port, { service: unmarked }).getUser({ remainingMs: 10_000 });
  const refusal = expect(call).rejects.toMatchObject({ name: 'AppError' });
  await arrived.promise;
  await proxy.setFault({ kind: 'half-open' });
  // The deadline ends it too, with next to nothing left.
  expect(await ended.promise).toBeGreaterThan(2_000);
  await proxy.clear();
  await refusal;
});

test('connections that are old are left for new ones, and no call fails of it', async () => {
  const peers = new Set<string>();
  const { port } = await serverOf(({ peer }: RpcContext) => void peers.add(peer), { connectionAgeMs: 100 });
  const { getUser } = client(port, { service: unmarked });
  await expect
    .poll(async () => {
      await getUser();
      return peers.size;
    })
    .toBeGreaterThan(2);
});

test('a service that restarts is found again', async () => {
  const port = await freeFixedPort();
  const first = await startIdentityServer(() => undefined, { port });
  const { getUser } = client(port);
  expect((await getUser()).user?.username).toBe(user.username);
  await first.stop();
  await serverOf(() => undefined, { port });
  await expect
    .poll(() =>
      getUser().then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('answered');
});
