import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { blockedSession, lockRow } from './_world/blocked.ts';
import { startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { startOwnPostgres } from './_world/own-postgres.ts';
import { percentile } from './_world/percentile.ts';
import { secondsToPublish } from './_world/progress.ts';
import { faultless } from './_world/verify-topic.ts';
import { appendChanges } from './_world/write-events.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = byForm({ long: 300_000, short: 120_000 });
const recoverySeconds = 10;
const crashes = byForm({ long: 5, short: 2 });
const awayMs = byForm({ long: 10_000, short: 2_000 });

test.for([
  { log: 'Kafka', given: { kafka } },
  { log: 'the PostgreSQL that crashes', given: {} },
])(
  'a relay to $log goes on within 10 s after PostgreSQL crashed and came back, without loss and in order',
  { timeout },
  async ({ log, given }, context) => {
    const database = await startOwnPostgres(context);
    const world = await startFaultWorld(context, { ...given, database });
    const relay = world.relay();
    const writing = world.write({ events: undefined, perSecond: 200 });
    const recovered: number[] = [];
    for (let crashed = 0; crashed < crashes; crashed += 1) {
      await secondsToPublish(relay, 0);
      await sleep(500);
      await database.crash();
      await sleep(awayMs);
      await database.start();
      recovered.push(await secondsToPublish(relay, performance.now()));
    }
    await writing.stop();
    await world.drained();
    const verdict = await world.verdict();
    const slowest = Math.max(...recovered);
    world.report(`R8 PostgreSQL crashes, relay to ${log}`, {
      ...verdict,
      crashes,
      'transactions failed': writing.failed,
      's to recover': slowest,
    });
    expect(verdict).toMatchObject(faultless);
    expect(verdict.events).toBeGreaterThanOrEqual(writing.events);
    expect(verdict.duplicates).toBeLessThanOrEqual(crashes * volume.batchRows);
    expect(slowest).toBeLessThanOrEqual(recoverySeconds);
  },
);

test('a relay whose session is ended in the middle of a delete takes another within 10 s and repeats that batch at most', {
  timeout,
}, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  const writing = world.write({ events: undefined, perSecond: 300 });
  const relay = world.relay();
  await secondsToPublish(relay, 0);
  const recovered: number[] = [];
  for (let ended = 0; ended < crashes; ended += 1) {
    const unlock = await lockRow(world, 'select from outbox_events');
    const pid = await blockedSession(world, 'outbox-relay');
    const endedAt = performance.now();
    const next = secondsToPublish(relay, endedAt);
    await world.pool.query('select pg_terminate_backend($1)', [pid]);
    await unlock();
    recovered.push(await next);
  }
  await writing.stop();
  await world.drained();
  const verdict = await world.verdict();
  const slowest = Math.max(...recovered);
  world.report('R8 session ended in the middle of a delete', { ...verdict, times: crashes, 's to recover': slowest });
  expect(relay.troubles).toHaveLength(crashes);
  expect(verdict).toMatchObject({ ...faultless, events: writing.events });
  expect(verdict.duplicates).toBeGreaterThan(0);
  expect(verdict.duplicates).toBeLessThanOrEqual(crashes * volume.batchRows);
  expect(slowest).toBeLessThanOrEqual(recoverySeconds);
});

const hour = 60 * 60 * 1000;

test.for([-hour, hour])(
  'a clock that is off by %i ms changes nothing for a relay',
  { timeout },
  async (offMs, context) => {
    const world = await startFaultWorld(context, { kafka });
    const preload = new URL(`./_world/shift-clock.ts?by=${offMs}`, import.meta.url).href;
    const relay = world.relay({}, preload);
    let longestMs = 0;
    let clock = 0;
    relay.onNews((news) => {
      if (news.kind === 'published') longestMs = Math.max(longestMs, news.longestMs);
      if (news.kind === 'started') clock = news.clock;
    });
    await expect.poll(() => clock).toBeGreaterThan(0);
    const off = clock - Date.now();
    const startedAt = performance.now();
    const writing = world.write();
    await writing.done;
    await world.drained();
    const took = performance.now() - startedAt;
    const verdict = await world.verdict();
    world.report(`R15 clock off by ${offMs / hour} h`, { ...verdict, 'ms of the longest publish latency': longestMs });
    expect(Math.abs(off - offMs)).toBeLessThan(60_000);
    expect(verdict).toMatchObject({ ...faultless, events: writing.events, duplicates: 0 });
    expect(longestMs).toBeGreaterThanOrEqual(0);
    expect(longestMs).toBeLessThanOrEqual(took);
  },
);

test('events that commit in another order than they were written all arrive; one transaction that stays open delays nobody else', {
  timeout,
}, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  const relay = world.relay();
  const warmingUp = world.write({ events: 100, perSecond: 100 });
  await warmingUp.done;
  await world.drained();

  const begin = () => world.db.startTransaction().execute();
  const open = [await begin(), await begin(), await begin(), await begin()] as const;
  const [first, second, third, fourth] = open;
  await sql`set local idle_in_transaction_session_timeout = 0`.execute(first);
  for (const [index, tx] of open.entries()) await appendChanges(tx, { key: `late-${index}`, events: 2 });
  await fourth.commit().execute();
  await third.rollback().execute();
  await second.commit().execute();
  await world.drained();

  const latenciesMs: number[] = [];
  relay.onNews((news) => {
    if (news.kind === 'published') latenciesMs.push(news.longestMs);
  });
  const heldMs = byForm({ long: 60_000, short: 4_000 });
  const others = world.write({ events: undefined, perSecond: 100 });
  await sleep(heldMs);
  await others.stop();
  await world.drained();
  const whileOpen = [...latenciesMs];
  await first.commit().execute();
  await world.drained();

  const verdict = await world.verdict();
  world.report('R9 commit order, an open transaction', {
    ...verdict,
    's open': heldMs / 1000,
    'ms p50 of publish latency of others': percentile(whileOpen, 0.5),
    'ms p99': percentile(whileOpen, 0.99),
  });
  expect(verdict).toMatchObject({ ...faultless, events: warmingUp.events + others.events + 6, duplicates: 0 });
  expect(percentile(whileOpen, 0.99)).toBeLessThan(1_000);
});

test('events of one key from 50 transactions at once are in the topic in the order of their commits', {
  timeout,
}, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  world.relay({ limits: { batchRows: 7 } });
  const writing = world.write({ keys: 1, writers: 50, events: byForm({ long: 20_000, short: 500 }) });
  await writing.done;
  await world.drained();
  const verdict = await world.verdict();
  world.report('R10 one key from 50 transactions', verdict);
  expect(verdict).toMatchObject({ ...faultless, events: writing.events, keys: 1, duplicates: 0 });
});
