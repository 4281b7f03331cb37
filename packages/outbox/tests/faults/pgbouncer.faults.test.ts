import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { requireService, startPgBouncer, type TestPgBouncer } from '@nova/testkit';
import { expect, test } from 'vitest';
import { startConsumerWorld } from './_world/consumer-world.ts';
import { exact } from './_world/effects.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { secondsToGrow } from './_world/progress-of.ts';
import { faultless } from './_world/verify-topic.ts';
import { writeEvents } from './_world/write-events.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const { rounds, awayMs, perSecond } = byForm({
  long: { rounds: 4, awayMs: 10_000, perSecond: 200 },
  short: { rounds: 1, awayMs: 1_500, perSecond: 100 },
});

/** Each resolves when PgBouncer serves again. */
const troubles: Record<string, (bouncer: TestPgBouncer) => Promise<void>> = {
  async paused(bouncer) {
    await bouncer.pause();
    await sleep(awayMs);
    await bouncer.resume();
  },
  async restarted(bouncer) {
    await bouncer.kill('SIGTERM');
    await sleep(awayMs);
    await bouncer.start();
  },
  async killed(bouncer) {
    await bouncer.kill('SIGKILL');
    await sleep(awayMs);
    await bouncer.start();
  },
};

test('PgBouncer may be paused, restarted and killed under load: nothing is lost or done twice, and work goes on within 10 s of its return', {
  timeout: 600_000,
}, async (context) => {
  const program = requireService(context, 'pgbouncer');
  const world = await startConsumerWorld(context, { kafka });
  const bouncer = await startPgBouncer(program, { urls: [world.url, world.consumerUrl], poolSize: 5 });
  context.onTestFinished(() => bouncer.stop());
  const log = createLogger({ service: 'test', level: 'silent' });
  const domain = openDatabase<unknown>({
    url: bouncer.through(world.url),
    poolMax: 5,
    applicationName: 'domain',
    log,
  });
  context.onTestFinished(() => domain.stop());
  const relay = world.relay();
  const consumers = [1, 2].map(() => world.consumer({ url: bouncer.through(world.consumerUrl), holdMs: 1 }));
  const writing = writeEvents(domain.db, { keys: volume.keys, writers: 4, rollbacks: 0.05, perSecond });
  const effects = async () => (await world.effects()).effects;
  await secondsToGrow(effects);
  const worst: Record<string, number> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, befall] of Object.entries(troubles)) {
      await befall(bouncer);
      const seconds = await Promise.all([secondsToGrow(() => writing.events), secondsToGrow(effects)]);
      worst[name] = Math.max(worst[name] ?? 0, ...seconds);
    }
  }
  await writing.stop();
  await world.caughtUp(120_000);
  const counted = await world.effects();
  const verdict = await world.verdict();
  world.report('R8 PgBouncer', {
    ...counted,
    lost: verdict.lost,
    'transactions failed': writing.failed,
    'sessions that the relay lost': relay.troubles.length,
    ...Object.fromEntries(Object.entries(worst).map(([name, seconds]) => [`s to go on after ${name}`, seconds])),
  });
  expect(counted).toMatchObject(exact);
  expect(verdict).toMatchObject(faultless);
  expect(Math.max(...Object.values(worst))).toBeLessThan(10);
  expect(relay.troubles).toEqual([]);
  expect(consumers.map(({ isOver }) => isOver)).toEqual([false, false]);
  expect(await world.consumerPool.query('select from dead_letters')).toMatchObject({ rowCount: 0 });
});
