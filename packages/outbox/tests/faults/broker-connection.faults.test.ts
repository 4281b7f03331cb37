import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultProxy } from '@nova/testkit';
import { expect, test } from 'vitest';
import { startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { secondsToPublish, watchSends } from './_world/progress.ts';
import { sample } from './_world/sample.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 1, proxies: true });
const faultMs = byForm({ long: 30_000, short: 6_000 });
const publishTimeoutMs = byForm({ long: 10_000, short: 2_000 });
/** For what the process does besides, on a machine that does other things. */
const slackMs = 4_000;
const mostConnections = 20;

type Trouble = { readonly name: string; readonly stopsAll: boolean; inflict(proxy: FaultProxy): Promise<void> };

const troubles: readonly Trouble[] = [
  { name: 'a latency of 500 ms', stopsAll: false, inflict: (proxy) => proxy.setFault({ kind: 'latency', ms: 500 }) },
  { name: 'a reset every second', stopsAll: false, inflict: resetEverySecond },
  {
    name: 'connections that swallow all bytes',
    stopsAll: true,
    inflict: (proxy) => proxy.setFault({ kind: 'half-open' }),
  },
  { name: '1 kB/s', stopsAll: true, inflict: (proxy) => proxy.setFault({ kind: 'bandwidth', bytesPerSecond: 1_000 }) },
];

async function resetEverySecond(proxy: FaultProxy): Promise<void> {
  const until = performance.now() + faultMs;
  while (performance.now() < until) {
    await proxy.setFault({ kind: 'reset' });
    await proxy.clear();
    await sleep(1_000);
  }
}

test.for(troubles)(
  'with $name to the broker nothing is lost, the order is kept, no send outlives its time-out, and it goes on afterwards',
  { timeout: byForm({ long: 300_000, short: 120_000 }) },
  async ({ name, stopsAll, inflict }, context) => {
    const [proxy] = (await kafka(context)).proxies as [FaultProxy];
    const world = await startFaultWorld(context, { kafka, kafkaOptions: { publishTimeoutMs } });
    const relay = world.relay({ limits: { publishTimeoutMs } });
    const sends = watchSends(relay);
    const writing = world.write({ events: undefined, perSecond: 200 });
    await expect.poll(() => relay.published).toBeGreaterThan(0);

    const connections = sample(() => proxy.connections);
    const begunAt = performance.now();
    const before = relay.published;
    await inflict(proxy);
    await sleep(Math.max(0, faultMs - (performance.now() - begunAt)));
    const published = relay.published - before;
    await proxy.clear();
    const recovered = await secondsToPublish(relay, performance.now());
    const most = Math.max(...connections.stop());
    await writing.stop();
    await world.drained();

    const verdict = await world.verdict();
    world.report(`R6 ${name}`, {
      ...verdict,
      's of it': faultMs / 1000,
      'published meanwhile': published,
      'ms for the longest send': sends.longestMs,
      'sends given up': relay.retries.length,
      'connections at most': most,
      's to recover': recovered,
    });
    expect(verdict).toMatchObject({ ...faultless, events: writing.events });
    expect(verdict.duplicates).toBeLessThanOrEqual(relay.retries.length * volume.batchRows);
    if (stopsAll) expect(relay.retries.length).toBeGreaterThan(0);
    expect(sends.longestMs).toBeLessThan(publishTimeoutMs + slackMs);
    expect(most).toBeLessThanOrEqual(mostConnections);
  },
);
