import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { shardCount } from '../../src/shards.ts';
import { startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { isStopped } from './_world/process-state.ts';
import { anyOf } from './_world/progress.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = byForm({ long: 300_000, short: 120_000 });

test.for([2, 4])(
  'of %i relays none publishes less than a tenth, and what a killed one owned goes on within 15 s',
  { timeout },
  async (count, context) => {
    const world = await startFaultWorld(context, { kafka });
    const relays = Array.from({ length: count }, () => world.relay());
    const shares = () => relays.map(({ shards }) => shards).sort();
    await expect.poll(shares).toEqual(Array.from({ length: count }, () => shardCount / count));
    const writing = world.write({ keys: 200 });
    await writing.done;
    await world.drained();
    const least = Math.min(...relays.map(({ published }) => published)) / writing.events;

    const [victim] = relays.splice(anyOf(0, count - 1), 1);
    const others = world.write({ keys: 200, events: 1_000 });
    victim?.signal('SIGKILL');
    const killedAt = performance.now();
    await others.done;
    await world.drained();
    const failedOver = (performance.now() - killedAt) / 1000;

    const verdict = await world.verdict();
    world.report(`R3 ${count} relays`, {
      ...verdict,
      '% by the least busy': 100 * least,
      's until the outbox was empty after one was killed': failedOver,
    });
    expect(verdict).toMatchObject({ ...faultless, events: writing.events + others.events });
    expect(verdict.duplicates).toBeLessThanOrEqual(volume.batchRows);
    expect(least).toBeGreaterThanOrEqual(0.1);
    expect(failedOver).toBeLessThanOrEqual(15);
  },
);

test.for([
  { at: 'selected', longMs: 20_000 },
  { at: 'sending', longMs: 60_000 },
  { at: 'handed', longMs: 20_000 },
  { at: 'acknowledged', longMs: 60_000 },
] as const)(
  'a relay that stands still at "$at" until another has its shards, and then goes on, breaks no order and loses nothing',
  { timeout },
  async ({ at, longMs }, context) => {
    const world = await startFaultWorld(context, { kafka });
    const pausedMs = byForm({ long: longMs, short: 0 });
    const limits = byForm({ long: {}, short: { idleTimeoutMs: 2_000, balanceMs: 400, proofMs: 500 } });
    const zombie = world.relay({ limits, failPoint: { at, occurrence: 3, signal: 'SIGSTOP' } });
    const other = world.relay({ limits });
    const writing = world.write({ perSecond: byForm({ long: 200, short: 300 }), events: undefined });
    await expect.poll(() => isStopped(zombie.pid), { interval: 5 }).toBe(true);
    const stoppedAt = performance.now();
    await expect.poll(() => other.shards, { timeout: 30_000 }).toBe(shardCount);
    const tookOver = (performance.now() - stoppedAt) / 1000;
    await sleep(Math.max(0, pausedMs - (performance.now() - stoppedAt)));
    zombie.signal('SIGCONT');
    await expect.poll(() => other.shards, { timeout: 30_000 }).toBe(shardCount / 2);
    await writing.stop();
    await world.drained();
    const verdict = await world.verdict();
    world.report(`R4 zombie at ${at}`, {
      ...verdict,
      's paused': (performance.now() - stoppedAt) / 1000,
      's until taken over': tookOver,
    });
    expect(verdict).toMatchObject({ ...faultless, events: writing.events });
    expect(verdict.duplicates).toBeLessThanOrEqual(2 * volume.batchRows);
  },
);
