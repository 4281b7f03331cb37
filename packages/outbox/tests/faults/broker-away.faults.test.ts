import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics } from '@nova/runtime';
import { expect, test } from 'vitest';
import { observeOutbox } from '../../src/index.ts';
import { startFaultWorld } from './_world/fault-world.ts';
import { byForm } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { percentile } from './_world/percentile.ts';
import { residentMb } from './_world/process-state.ts';
import { secondsToPublish, watchSends } from './_world/progress.ts';
import { sample } from './_world/sample.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const perSecond = byForm({ long: 500, short: 150 });
const beforeMs = byForm({ long: 30_000, short: 5_000 });
const awayMs = byForm({ long: 300_000, short: 10_000 });

test('while the broker is away changes go on as before and the relay does not grow; then it drains five times faster than events come', {
  timeout: byForm({ long: 600_000, short: 120_000 }),
}, async (context) => {
  const { cluster } = await kafka(context);
  const world = await startFaultWorld(context, { kafka });
  const metrics = createMetrics('content');
  observeOutbox(metrics, world.db);
  const gauge = async (name: string) => (await metrics.getSingleMetric(name)?.get())?.values[0]?.value ?? Number.NaN;
  const relay = world.relay({ limits: { batchRows: 1_000 } });
  const writing = world.write({ events: undefined, perSecond, keys: 200 });
  const took = (from: number, to: number) =>
    writing.transactionsMs.filter(({ endedAt }) => endedAt >= from && endedAt < to).map(({ tookMs }) => tookMs);

  await expect.poll(() => relay.published).toBeGreaterThan(0);
  const begunAt = performance.now();
  await sleep(beforeMs);
  await cluster.brokers[0]?.stop('SIGKILL');
  const lostAt = performance.now();
  const memory = sample(() => residentMb(relay.pid));
  await sleep(awayMs);
  const memoryMb = memory.stop();
  const [backlog, age] = [await gauge('outbox_backlog_rows'), await gauge('outbox_oldest_unpublished_age_seconds')];
  const restartedAt = performance.now();
  await cluster.brokers[0]?.start();

  const backAt = performance.now();
  const recovered = secondsToPublish(relay, backAt);
  const sends = watchSends(relay);
  const publishedBefore = relay.published;
  // A send that waited for the broker began before it was back.
  const drainingFrom = recovered.then(() => (Number.isNaN(sends.lastBegunAt) ? backAt : sends.lastBegunAt));
  await recovered;
  await expect.poll(world.waiting, { timeout: 120_000, interval: 20 }).toBeLessThan(perSecond / 4);
  const drainedAt = performance.now();
  const drained = relay.published - publishedBefore;
  await writing.stop();
  await world.drained();
  const verdict = await world.verdict();

  const before = took(begunAt, lostAt);
  const during = took(lostAt, restartedAt);
  const rate = (1000 * drained) / (drainedAt - (await drainingFrom));
  const half = Math.floor(memoryMb.length / 2);
  const [early, late] = [Math.max(...memoryMb.slice(0, half)), Math.max(...memoryMb.slice(half))];
  world.report('R5 broker away', {
    ...verdict,
    's away (the planned 30 min do not fit in a run)': (backAt - lostAt) / 1000,
    'events/s in': perSecond,
    'events/s drained': rate,
    's to recover': await recovered,
    'ms p50 of a transaction before': percentile(before, 0.5),
    'ms p50 while away': percentile(during, 0.5),
    'ms p99 before': percentile(before, 0.99),
    'ms p99 while away': percentile(during, 0.99),
    'MB of the relay at most in the first half': early,
    'MB in the second half': late,
    'rows of backlog by the metric': backlog,
    's of age by the metric': age,
  });
  expect(verdict).toMatchObject({ ...faultless, events: writing.events });
  expect(writing.failed).toBe(0);
  // It is counted up to 6 250 in each of 16 shards, and keys are not spread evenly.
  expect(backlog).toBeGreaterThan(Math.min((0.8 * perSecond * awayMs) / 1000, 80_000));
  expect(age).toBeGreaterThan((0.9 * awayMs) / 1000);
  expect(rate).toBeGreaterThanOrEqual(5 * perSecond);
  // What else the machine does is in these as well, so that the bound is wider than what is printed.
  expect(percentile(during, 0.5)).toBeLessThan(2 * percentile(before, 0.5) + 5);
  expect(late).toBeLessThan(1.1 * early);
});
