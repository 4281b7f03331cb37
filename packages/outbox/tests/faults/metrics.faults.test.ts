import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '@nova/errors';
import { createLogger, createMetrics, type Metrics } from '@nova/runtime';
import { expect, type TestContext, test } from 'vitest';
import { observeOutbox, requestReplay, startConsumer } from '../../src/index.ts';
import { type ConsumerWorld, group, startConsumerWorld } from './_world/consumer-world.ts';
import { countingHandler, exact } from './_world/effects.ts';
import { isLong, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = 300_000;
const silent = createLogger({ service: 'test', level: 'silent' });

test('an outbox that nobody has published for 60 s reads 60 ± 2 s and its rows, and 0 once a relay has', {
  timeout,
}, async (context) => {
  const world = await startConsumerWorld(context, { kafka });
  const metrics = createMetrics('test');
  observeOutbox(metrics, world.db);
  const startedAt = performance.now();
  await world.write({ events: 50, writers: 1 }).done;
  if (isLong) await sleep(60_000);
  else await world.pool.query(`update outbox_events set created_at = created_at - interval '60 s'`);
  const injected = (performance.now() - startedAt) / 1000 + (isLong ? 0 : 60);
  const age = await readGauge(metrics, 'outbox_oldest_unpublished_age_seconds');
  const rows = await readGauge(metrics, 'outbox_backlog_rows');
  world.report('R20 outbox age', { 's injected': injected, 's read': age, 'rows read': rows });
  expect(Math.abs(age - injected)).toBeLessThan(2);
  expect(rows).toBe(await world.waiting());
  world.relay();
  await world.drained();
  expect(await readGauge(metrics, 'outbox_oldest_unpublished_age_seconds')).toBe(0);
  expect(await readGauge(metrics, 'outbox_backlog_rows')).toBe(0);
});

test('what a stopped consumer left reads exactly so many records behind; parked keys and dead letters read true; all of it clears', {
  timeout,
}, async (context) => {
  const world = await startConsumerWorld(context, { kafka });
  const half = { events: Math.floor(volume.events / 2) };
  world.relay();
  const first = world.consumer();
  await world.write(half).done;
  await expect.poll(async () => (await world.effects()).effects, { timeout: 60_000 }).toBeGreaterThan(50);
  await first.end('SIGTERM');
  await world.write(half).done;
  await world.drained();
  const left = (await world.effects()).missing;
  const bad = ['key-3', 'key-7'];
  const gate = Promise.withResolvers<void>();
  const consumer = await observedConsumer(context, world, { gate: gate.promise, bad });
  await expect.poll(() => consumer.sum('consumer_lag_records')).toBe(left);
  const lagRead = await consumer.sum('consumer_lag_records');
  gate.resolve();
  await world.caughtUp();
  const waiting = (await world.effects()).missing;
  await expect.poll(() => consumer.sum('consumer_lag_records')).toBe(0);
  await expect.poll(() => consumer.sum('parked_keys')).toBe(bad.length);
  await expect.poll(() => consumer.sum('dead_letters')).toBe(waiting);
  expect(await consumer.sum('dead_letters', 'FAILED')).toBe(bad.length);
  consumer.mend();
  await requestReplay(world.consumerDb, { by: 'operator', all: true });
  await expect.poll(() => consumer.sum('dead_letters')).toBe(0);
  await expect.poll(() => consumer.sum('parked_keys')).toBe(0);
  world.report('R20 lag', { left, 'lag read': lagRead, 'dead letters read': waiting, 'parked keys read': bad.length });
  expect(left).toBeGreaterThan(0);
  expect(waiting).toBeGreaterThan(bad.length);
  expect(await world.effects()).toMatchObject(exact);
});

type Observed = { readonly gate: Promise<void>; readonly bad: readonly string[] };

/** A consumer of this process with metrics, which handles nothing before the gate opens, and bad keys once it is mended. */
async function observedConsumer(context: TestContext, world: ConsumerWorld, { gate, bad }: Observed) {
  const metrics = createMetrics('test');
  let isMended = false;
  const handler = countingHandler({
    group,
    async before({ key }) {
      await gate;
      if (bad.includes(key) && !isMended) throw new AppError('INTERNAL_ERROR', 'It does not work yet.');
    },
  });
  const { consumerDb: db, log } = world;
  const limits = { backoff: { firstMs: 5, maxMs: 20 } };
  const consumer = await startConsumer({ db, log, group, handlers: [handler], logger: silent, metrics, limits });
  context.onTestFinished(() => consumer.stop());
  return {
    mend() {
      isMended = true;
    },
    async sum(name: string, cause?: string) {
      const { values = [] } = (await metrics.getSingleMetric(name)?.get()) ?? {};
      const wanted = values.filter(({ labels }) => cause === undefined || labels.cause === cause);
      return wanted.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

async function readGauge(metrics: Metrics, name: string): Promise<number> {
  const { values = [] } = (await metrics.getSingleMetric(name)?.get()) ?? {};
  return values[0]?.value ?? Number.NaN;
}
