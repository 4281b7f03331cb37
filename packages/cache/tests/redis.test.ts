import { createMetrics } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { expect, type TestContext, test } from 'vitest';
import { openRedis } from '../src/index.ts';

test('a command to a Redis that hangs is given up, and served again when Redis is', async (context) => {
  const proxy = await redisBehindProxy(context);
  const { client, isReady } = open(context, proxy.port);
  await expect.poll(isReady).toBe(true);
  await client.set('a', '1');
  await proxy.setFault({ kind: 'half-open' });
  await expect(client.get('a')).rejects.toThrow();
  await expect.poll(isReady).toBe(false);
  await proxy.clear();
  await expect.poll(isReady).toBe(true);
  expect(await client.get('a')).toBe('1');
});

test('a Redis that goes away and comes back is connected to again; meanwhile commands reject at once', async (context) => {
  const proxy = await redisBehindProxy(context);
  const { client, isReady } = open(context, proxy.port);
  await expect.poll(isReady).toBe(true);
  await proxy.setFault({ kind: 'down' });
  await expect.poll(isReady).toBe(false);
  await expect(client.get('a')).rejects.toThrow("Stream isn't writeable");
  await proxy.clear();
  await expect.poll(isReady).toBe(true);
  expect(await client.get('a')).toBeNull();
});

function open(context: TestContext, port: number) {
  const url = `redis://127.0.0.1:${port}`;
  const connection = openRedis({ url, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(() => connection.stop());
  return connection;
}

async function redisBehindProxy(context: TestContext) {
  const redis = await redisFor(context);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(redis.url).port) } });
  context.onTestFinished(() => proxy.stop());
  return proxy;
}
