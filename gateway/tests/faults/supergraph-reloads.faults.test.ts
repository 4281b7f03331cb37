import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { byForm, isLong } from '@nova/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { withMotto } from '../_composed-supergraphs.ts';
import { idOf, manifestOf, send, seriesValue } from '../_world.ts';
import { type GatewayProcess, startGatewayProcess } from '../hostile/gateway-process.ts';
import { startTraffic } from './_steady-traffic.ts';

const form = byForm({ long: { reloads: 150, perSecond: 200 }, short: { reloads: 8, perSecond: 50 } });
const everyMs = 2_000;
const mebibyte = 1_048_576;

const operations = [
  ['Posts', 'query Posts { posts(first: 5) { nodes { id author { username } } } }'],
  ['Person', 'query Person { user(id: "u1") { username posts(first: 2) { nodes { body } } } }'],
  ['Comments', 'query Comments { post(id: "p1") { comments(first: 2) { nodes { body author { displayName } } } } }'],
] as const;
/** Fits some of the supergraphs only. */
const motto = 'query Motto { user(id: "u1") { motto } posts(first: 1) { nodes { id } } }';

async function series({ adminUrl }: GatewayProcess, name: string, labels: Record<string, string>): Promise<number> {
  return seriesValue(await (await fetch(`${adminUrl}/metrics`)).text(), name, labels);
}

/** Puts a supergraph into place and waits until the gateway has taken or refused it. */
async function publish(gateway: GatewayProcess, text: string): Promise<'loaded' | 'rejected'> {
  const count = (result: string) => series(gateway, 'supergraph_reload_total', { result });
  const rejected = await count('rejected');
  const before = rejected + (await count('loaded'));
  await writeFile(`${gateway.supergraphFile}.new`, text);
  await rename(`${gateway.supergraphFile}.new`, gateway.supergraphFile);
  await expect.poll(async () => (await count('loaded')) + (await count('rejected'))).toBe(before + 1);
  return (await count('rejected')) > rejected ? 'rejected' : 'loaded';
}

async function knowsMotto({ url }: GatewayProcess): Promise<boolean> {
  const { status } = await send(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documentId: idOf(motto) }),
  });
  return status === 200;
}

async function heapBytes(gateway: GatewayProcess): Promise<number> {
  return (await gateway.figures({ collectGarbage: true })).heapBytes;
}

test('a supergraph that changes every two seconds, at times to a bad one, costs no request, no wait for a plan and no memory', {
  timeout: byForm({ long: 900_000, short: 120_000 }),
}, async () => {
  const gateway = await startGatewayProcess({ manifest: manifestOf([...operations, ['Motto', motto]]) });
  onTestFinished(async () => {
    await gateway.stop();
  });
  const good = await readFile(gateway.supergraphFile, 'utf8');
  const versions = [withMotto(), 'type Query { broken', good];
  const bodies = operations.map(([, body]) => JSON.stringify({ documentId: idOf(body) }));
  const plannedLate = () => series(gateway, 'gateway_plan_duration_seconds_count', { warming: 'false' });
  // The first swap takes the second set of everything.
  await publish(gateway, `${good}\n`);
  const heapBefore = await heapBytes(gateway);
  const traffic = startTraffic({ ...gateway, perSecond: form.perSecond, bodies });
  const residentMb: number[] = [];
  for (let at = 0; at < form.reloads; at += 1) {
    const startedAt = performance.now();
    const version = versions[at % versions.length] as string;
    expect(await publish(gateway, version)).toBe(at % versions.length === 1 ? 'rejected' : 'loaded');
    residentMb.push(Math.round((await series(gateway, 'process_resident_memory_bytes', {})) / mebibyte));
    // After a bad one the schema of the one before is served.
    expect(await knowsMotto(gateway)).toBe(at % versions.length < 2);
    for (const { calls } of Object.values(gateway.subgraphs)) calls.splice(0);
    await sleep(Math.max(0, everyMs - (performance.now() - startedAt)));
  }
  const { failures, latenciesMs } = await traffic.stop();
  const grownMb = ((await heapBytes(gateway)) - heapBefore) / mebibyte;
  console.log('G6', { ...form, requests: latenciesMs.length, failures: failures.length, grownMb, residentMb });
  expect(failures).toEqual([]);
  expect(latenciesMs.length).toBeGreaterThan((form.reloads * everyMs * form.perSecond) / 2_000);
  expect(await plannedLate()).toBe(0);
  expect(gateway.isRunning).toBe(true);
  expect(grownMb).toBeLessThan(25);
  // Threads that plan have heaps of their own, which the first reloads fill.
  if (isLong) expect(residentMb.at(-1)).toBeLessThan(1.3 * (residentMb[20] as number));
});
