import { createMetrics } from '@nova/runtime';
import { redisFor, startFaultProxy } from '@nova/testkit';
import { expect, test } from 'vitest';
import { announceEndedSession, hearEndedSessions, openRedis } from '../src/index.ts';

test('what is announced is heard, also by who came before Redis did, and after Redis was away', async (context) => {
  const redis = await redisFor(context);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(redis.url).port) } });
  context.onTestFinished(() => proxy.stop());
  await proxy.setFault({ kind: 'down' });
  const open = (url: string) => {
    const connection = openRedis({ url, name: 'test', metrics: createMetrics('test') });
    context.onTestFinished(() => connection.stop());
    return connection;
  };
  const heard: string[] = [];
  const stop = hearEndedSessions(open(`redis://127.0.0.1:${proxy.port}`), ({ id }) => heard.push(id));
  context.onTestFinished(stop);
  const speaker = open(redis.url);
  await expect.poll(speaker.isReady).toBe(true);
  // Nobody is told when others begin to listen.
  const isHeard = async (id: string) => {
    announceEndedSession(speaker, { id, revokedAtMs: Date.now() });
    await speaker.client.ping();
    return heard.includes(id);
  };
  expect(await isHeard('s0')).toBe(false);
  await proxy.clear();
  await expect.poll(() => isHeard('s1')).toBe(true);
  await proxy.setFault({ kind: 'reset' });
  await proxy.clear();
  await expect.poll(() => isHeard('s2')).toBe(true);
});
