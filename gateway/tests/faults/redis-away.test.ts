import { redisFor, startFaultProxy } from '@nova/testkit';
import { expect, test } from 'vitest';
import { startFaultWorld } from './_fault-world.ts';

test.for(['down', 'half-open'] as const)(
  'with a Redis that is %s who is signed in is served, and his ended session is refused as before',
  async (kind, context) => {
    const { port } = new URL((await redisFor(context)).url);
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(port) } });
    context.onTestFinished(() => proxy.stop());
    const world = await startFaultWorld(
      {},
      { REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REVOCATION_POLL_MS: '20', RATE_LIMIT_USER: '1000/60' },
    );
    await expect.poll(() => world.series('redis_connected')).toBe(1);
    const authorization = `Bearer ${await world.issuer.token()}`;
    const viewer = () => world.post({ query: '{ viewer { id } }' }, { authorization });
    await proxy.setFault({ kind });
    expect((await viewer()).body).toEqual({ data: { viewer: { id: 'u1' } } });
    world.issuer.revoked.sessions.push({ id: 's1', revokedAt: new Date().toISOString() });
    await expect.poll(async () => (await viewer()).refusal.code, { interval: 20 }).toBe('ACCESS_TOKEN_REVOKED');
  },
);

test('a gateway starts while Redis is away, and uses it once it is there', async (context) => {
  const { port } = new URL((await redisFor(context)).url);
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(port) } });
  context.onTestFinished(() => proxy.stop());
  await proxy.setFault({ kind: 'down' });
  const world = await startFaultWorld({}, { REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
  expect((await world.post({ query: '{ user(id: "u1") { username } }' })).status).toBe(200);
  await proxy.clear();
  await expect.poll(() => world.series('redis_connected')).toBe(1);
});
