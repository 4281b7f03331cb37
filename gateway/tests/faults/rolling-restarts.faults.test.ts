import { StopStack } from '@nova/runtime';
import { byForm, redisFor } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAnew, type GatewayProcess, spawnGateway } from '../_gateway-process.ts';
import { type Surroundings, startSurroundings } from '../_surroundings.ts';
import { manifestOf } from '../_world.ts';
import { readiness, startBalancedClients } from './_balanced-clients.ts';

/** Long enough that the clients' balancer notices on a busy machine. */
const shutdownDelayMs = 1_500;
const query = '{ posts(first: 5) { nodes { id author { username } } } }';

let surroundings: Surroundings;
const stack = new StopStack();
beforeAll(async () => {
  surroundings = await startSurroundings(stack, manifestOf([]));
});
afterAll(() => stack.stop());

/** Stops a gateway, and says whether it still took a new connection when it was already not ready. */
async function stopWhileWatching(gateway: GatewayProcess) {
  const startedAt = performance.now();
  const stopped = gateway.stop();
  await expect.poll(() => readiness(gateway), { interval: 10 }).toBe(503);
  const statusWhenNotReady = await askAnew(gateway, query);
  return { statusWhenNotReady, exitCode: await stopped, tookMs: performance.now() - startedAt };
}

test.for([
  { workers: 1, title: 'one process', restarts: byForm({ long: 20, short: 4 }) },
  { workers: 2, title: 'two workers', restarts: byForm({ long: 20, short: 2 }) },
])(
  'gateways of $title that are replaced one after the other under load fail no request: each is not ready before it stops to listen, and ends well',
  { timeout: byForm({ long: 600_000, short: 120_000 }) },
  async ({ workers, restarts }, context) => {
    const env: Record<string, string> = { ...surroundings.env, SHUTDOWN_DELAY_MS: String(shutdownDelayMs) };
    if (workers > 1) Object.assign(env, { WORKERS: String(workers), REDIS_URL: (await redisFor(context)).url });
    const gateways = await Promise.all([spawnGateway(env), spawnGateway(env)]);
    const traffic = startBalancedClients({ clients: 8, query, gateways: () => gateways });
    const longest = { tookMs: 0 };
    for (let at = 0; at < restarts; at += 1) {
      const old = gateways[0] as GatewayProcess;
      const { statusWhenNotReady, exitCode, tookMs } = await stopWhileWatching(old);
      gateways.shift();
      expect([statusWhenNotReady, exitCode]).toEqual([200, 0]);
      longest.tookMs = Math.max(longest.tookMs, tookMs);
      gateways.push(await spawnGateway(env));
    }
    const { requests, failures } = await traffic.stop();
    console.log('G7', { workers, restarts, requests, failures: failures.length, ...longest });
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(restarts * 50);
  },
);
