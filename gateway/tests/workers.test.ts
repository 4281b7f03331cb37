import { StopStack } from '@nova/runtime';
import { redisFor } from '@nova/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { askAnew, type GatewayProcess, spawnGateway } from './_gateway-process.ts';
import { type Surroundings, startSurroundings } from './_surroundings.ts';
import { manifestOf, seriesValue } from './_world.ts';

const query = '{ posts { nodes { id } } }';

let surroundings: Surroundings;
const stack = new StopStack();
beforeAll(async () => {
  surroundings = await startSurroundings(stack, manifestOf([]));
});
afterAll(() => stack.stop());

async function twoWorkers(context: TestContext, env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const { url: REDIS_URL } = await redisFor(context);
  return spawnGateway({ ...surroundings.env, ...env, WORKERS: '2', REDIS_URL });
}

/** Connections, not requests, are dealt out. */
const ask = (gateway: GatewayProcess) => askAnew(gateway, query);

async function series({ adminUrl }: GatewayProcess, name: string): Promise<number> {
  return seriesValue(await (await fetch(`${adminUrl}/metrics`)).text(), name, {});
}

/** The workers that wrote the log lines of requests. */
function whoAnswered({ logLines }: GatewayProcess): Set<unknown> {
  return new Set(logLines.filter(({ msg }) => msg === 'request').map(({ worker }) => worker));
}

describe('several workers', { timeout: 60_000 }, () => {
  test('serve on one port, and one page has the metrics of all', async (context) => {
    const gateway = await twoWorkers(context);
    for (let at = 0; at < 6; at += 1) expect(await ask(gateway)).toBe(200);
    await expect.poll(() => whoAnswered(gateway).size).toBe(2);
    expect(await series(gateway, 'http_requests_total')).toBe(6);
    expect(await series(gateway, 'gateway_workers')).toBe(2);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200);
  });

  test('keep one quota together', async (context) => {
    const gateway = await twoWorkers(context, { RATE_LIMIT_PUBLIC: '10/600' });
    const statuses: number[] = [];
    for (let at = 0; at < 14; at += 1) statuses.push(await ask(gateway));
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.slice(10)).toEqual([429, 429, 429, 429]);
    await expect.poll(() => whoAnswered(gateway).size).toBe(2);
  });

  test('are replaced when one is killed, and the other serves meanwhile', async (context) => {
    const gateway = await twoWorkers(context);
    const victim = gateway.logLines.find(({ msg }) => msg === 'worker ready');
    process.kill(Number(victim?.pid), 'SIGKILL');
    await expect.poll(() => gateway.logLines.some(({ msg }) => String(msg).startsWith('a worker ended'))).toBe(true);
    expect(await ask(gateway)).toBe(200);
    await expect.poll(() => series(gateway, 'gateway_workers'), { timeout: 30_000 }).toBe(2);
    expect(await series(gateway, 'gateway_worker_restarts_total')).toBe(1);
    expect(await ask(gateway)).toBe(200);
  });

  test('stop together, each with the answer that it owes', async (context) => {
    const gateway = await twoWorkers(context, { SHARE_IN_FLIGHT: 'false' });
    const { content } = surroundings.subgraphs;
    const owed: Array<() => void> = [];
    content.misbehave((_request, response) => owed.push(() => response.end('{"data":{"posts":{"nodes":[]}}}')));
    onTestFinished(() => content.misbehave(undefined));
    const answers = Promise.all([ask(gateway), ask(gateway), ask(gateway)]);
    await expect.poll(() => owed.length).toBe(3);
    const stopped = gateway.stop();
    await expect.poll(() => gateway.logLines.filter(({ msg }) => msg === 'stopping').length).toBe(3);
    for (const give of owed) give();
    expect(await answers).toEqual([200, 200, 200]);
    expect(await stopped).toBe(0);
  });
});

test('several workers without a Redis are refused: each would count by itself', () => {
  expect(() => toConfig(readEnv({ ...surroundings.env, WORKERS: '2' }))).toThrow('REDIS_URL');
});
