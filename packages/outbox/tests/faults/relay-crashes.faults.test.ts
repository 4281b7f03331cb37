import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  type Crash,
  crashAt,
  crashInDelete,
  crashInPurge,
  crashInShutdown,
  crashInSweep,
  crashRelays,
  type Recovery,
} from './_world/crashes.ts';
import { type FaultWorld, startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { anyOf, secondsToPublish } from './_world/progress.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = byForm({ long: 300_000, short: 120_000 });
const crashes = byForm({ long: 5, short: 2 });
const recoverySeconds = 10;

type Point = { readonly point: string; readonly repeats: 'nothing' | 'a batch each'; readonly crash: Crash };

const points: readonly Point[] = [
  // The batch before it may be under way.
  { point: 'before the select', repeats: 'a batch each', crash: crashAt('selecting') },
  { point: 'after the select', repeats: 'a batch each', crash: crashAt('selected') },
  { point: 'before the send', repeats: 'nothing', crash: crashAt('sending') },
  { point: 'after the send, before the acknowledgement', repeats: 'a batch each', crash: crashAt('handed') },
  { point: 'after the acknowledgement', repeats: 'a batch each', crash: crashAt('acknowledged') },
  { point: 'during the delete', repeats: 'a batch each', crash: crashInDelete },
  { point: 'after the delete', repeats: 'nothing', crash: crashAt('deleted') },
  { point: 'in its shutdown', repeats: 'a batch each', crash: crashInShutdown },
];

describe.for(['kafka', 'postgres'] as const)('on %s', (log) => {
  test.for(points)(
    'relays killed $point lose nothing, keep the order and repeat $repeats at most; the next goes on within 10 s',
    { timeout },
    async ({ point, repeats, crash }, context) => {
      const world = await startFaultWorld(context, log === 'kafka' ? { kafka } : {});
      const writing = world.write({ rollbacks: 0.1 });
      await expect.poll(world.waiting).toBeGreaterThan(2 * volume.batchRows);
      const recovery = await crashRelays(world, crash, crashes);
      await writing.done;
      await world.drained();
      const verdict = await world.verdict();
      world.report(`R1 ${point}`, {
        ...verdict,
        crashes,
        'rolled back': writing.rolledBack,
        ...told(recovery),
      });
      expect(verdict).toMatchObject({ ...faultless, events: writing.events });
      expect(verdict.duplicates).toBeLessThanOrEqual(repeats === 'nothing' ? 0 : crashes * volume.batchRows);
      expect(recovery.secondsOfRelay).toBeLessThanOrEqual(recoverySeconds);
    },
  );
});

const young = 500;
/** A crash takes a batch with it, which the database finishes once its row is free. */
const old = 1_000 * (crashes + 2);
const aged = `(case when n <= ${old} then 20 else 1 end) * interval '1 day'`;
const oldTopic = `select from event_log.records where topic = 'old'`;

test.for([
  { place: 'inbox', crash: crashInPurge, fill: fillInbox, left: `select from inbox`, kafka },
  { place: 'log in PostgreSQL', crash: crashInSweep, fill: fillLog, left: oldTopic, kafka: undefined },
])(
  'relays killed in the clean-up of the $place lose nothing that is not past its retention',
  { timeout },
  async ({ place, crash, fill, left, kafka: log }, context) => {
    const world = await startFaultWorld(context, { kafka: log });
    await fill(world);
    const writing = world.write();
    await expect.poll(world.waiting).toBeGreaterThan(2 * volume.batchRows);
    const recovery = await crashRelays(world, crash, crashes);
    world.relay({ keepsHouse: true });
    await writing.done;
    await world.drained();
    const remaining = async () => (await world.pool.query(left)).rowCount;
    await expect.poll(remaining).toBe(young);
    const verdict = await world.verdict();
    world.report(`R1 in the clean-up of the ${place}`, { ...verdict, crashes, ...told(recovery) });
    expect(verdict).toMatchObject({ ...faultless, events: writing.events });
    expect(verdict.duplicates).toBeLessThanOrEqual(crashes * volume.batchRows);
    expect(recovery.secondsOfRelay).toBeLessThanOrEqual(recoverySeconds);
    expect(await remaining()).toBe(young);
  },
);

test('two relays of which one is killed every 0.5 to 3 s lose nothing, keep the order and repeat a batch each at most', {
  timeout: byForm({ long: 600_000, short: 120_000 }),
}, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  const seconds = byForm({ long: 300, short: 15 });
  const writing = world.write({ events: undefined, perSecond: 100, rollbacks: 0.1 });
  const relays = [world.relay(), world.relay()];
  const until = performance.now() + seconds * 1000;
  let kills = 0;
  while (performance.now() < until) {
    await sleep(anyOf(500, 3_000));
    const [victim] = relays.splice(anyOf(0, 1), 1);
    victim?.signal('SIGKILL');
    await victim?.ended;
    kills += 1;
    relays.push(world.relay());
  }
  const killedAt = performance.now();
  const recovered = Promise.race(relays.map((relay) => secondsToPublish(relay, killedAt)));
  await recovered;
  await writing.stop();
  await world.drained();
  const verdict = await world.verdict();
  world.report('R2 random kills, two relays', {
    ...verdict,
    kills,
    's of kills': seconds,
    'rolled back': writing.rolledBack,
    's to recover': await recovered,
  });
  expect(verdict).toMatchObject({ ...faultless, events: writing.events });
  expect(verdict.duplicates).toBeLessThanOrEqual(kills * volume.batchRows);
});

test('a relay that is stopped under load finishes its batch and repeats nothing', { timeout }, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  const writing = world.write();
  const stops = 10;
  let slowest = 0;
  for (let stopped = 0; stopped < stops; stopped += 1) {
    const relay = world.relay();
    await secondsToPublish(relay, 0);
    await sleep(anyOf(0, 50));
    const stoppedAt = performance.now();
    relay.signal('SIGTERM');
    expect(await relay.ended).toBe(0);
    slowest = Math.max(slowest, (performance.now() - stoppedAt) / 1000);
  }
  world.relay();
  await writing.done;
  await world.drained();
  const verdict = await world.verdict();
  world.report('R18 graceful stop under load', { ...verdict, stops, 's for the slowest stop': slowest });
  expect(verdict).toMatchObject({ ...faultless, events: writing.events, duplicates: 0 });
});

/** Half a thousand rows that are still needed come after thousands that are not. */
async function fillInbox({ pool }: FaultWorld): Promise<void> {
  await pool.query(
    `insert into inbox (consumer, event_id, seen_at)
     select 'faults', uuidv7(), clock_timestamp() - ${aged} from generate_series(1, ${old} + ${young}) n`,
  );
}

async function fillLog({ pool }: FaultWorld): Promise<void> {
  await pool.query(
    `insert into event_log.topics values ('old', 1, 10 * 24 * 3600 * 1000);
     insert into event_log.partitions (topic, partition, next_offset) values ('old', 0, ${old} + ${young});
     insert into event_log.records (topic, partition, "offset", key, value, headers, appended_at)
     select 'old', 0, n - 1, 'key', '', '{}', clock_timestamp() - ${aged} from generate_series(1, ${old} + ${young}) n`,
  );
}

function told({ seconds, secondsOfRelay }: Recovery): Record<string, number> {
  return { 's to recover': seconds, 's of them after the process had started': secondsOfRelay };
}
