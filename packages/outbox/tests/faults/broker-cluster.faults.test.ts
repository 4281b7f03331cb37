import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type FaultWorld, startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 3 });
const publishTimeoutMs = byForm({ long: 30_000, short: 5_000 });
const awayMs = byForm({ long: 60_000, short: 5_000 });
const perSecond = 200;

test('with one of three brokers killed the others take over; with two killed events wait in the outbox; nothing is lost', {
  timeout: byForm({ long: 600_000, short: 180_000 }),
}, async (context) => {
  const { cluster } = await kafka(context);
  const [first, second] = cluster.brokers;
  const world = await startFaultWorld(context, { kafka, kafkaOptions: { publishTimeoutMs } });
  const relay = world.relay({ limits: { publishTimeoutMs } });
  const writing = world.write({ events: undefined, perSecond, keys: 200 });
  await expect.poll(() => relay.published).toBeGreaterThan(0);

  await first?.stop('SIGKILL');
  const tookOver = await secondsUntilFlowing(world);
  await first?.start();
  await secondsUntilFlowing(world);

  await Promise.all([first?.stop('SIGKILL'), second?.stop('SIGKILL')]);
  await sleep(1_000);
  const published = relay.published;
  await sleep(awayMs);
  const publishedMeanwhile = relay.published - published;
  const waited = await world.waiting();
  await Promise.all([first?.start(), second?.start()]);
  const recovered = await secondsUntilFlowing(world);
  await writing.stop();
  await world.drained();

  const verdict = await world.verdict();
  world.report('R7 leader killed, then two of three brokers', {
    ...verdict,
    's until others led': tookOver,
    's with one of three': awayMs / 1000,
    'published meanwhile': publishedMeanwhile,
    'waiting at the end of it': waited,
    's to recover': recovered,
  });
  expect(verdict).toMatchObject({ ...faultless, events: writing.events });
  expect(verdict.duplicates).toBeLessThanOrEqual(relay.retries.length * volume.batchRows);
  expect(writing.failed).toBe(0);
  expect(publishedMeanwhile).toBe(0);
  expect(waited).toBeGreaterThan((0.8 * perSecond * awayMs) / 1000);
});

const settlingMs = 3_000;

/** Until no event waits for longer than it does in quiet times; at first those are still to come that will. */
async function secondsUntilFlowing({ pool }: FaultWorld): Promise<number> {
  const from = performance.now();
  await sleep(settlingMs);
  const oldestSeconds = async () => {
    const { rows } = await pool.query<{ age: number }>(
      'select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as age from outbox_events',
    );
    return rows[0]?.age;
  };
  await expect.poll(oldestSeconds, { timeout: 120_000 }).toBeLessThan(settlingMs / 2000);
  return (performance.now() - from) / 1000;
}
