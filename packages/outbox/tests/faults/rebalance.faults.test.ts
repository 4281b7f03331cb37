import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ConsumerProcess } from './_world/consumer-process.ts';
import { type ConsumerWorld, startConsumerWorld } from './_world/consumer-world.ts';
import { exact } from './_world/effects.ts';
import { byForm } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { anyOf } from './_world/progress.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const { steps, everyMs, perSecond } = byForm({
  long: { steps: 24, everyMs: 5_000, perSecond: 170 },
  short: { steps: 4, everyMs: 4_000, perSecond: 100 },
});
/** More than the 6 s after which the group would take a silent member for dead. */
const longestHoldMs = 8_000;

test('members come, go and are killed, and one event takes longer than the session time-out: nothing is lost or done twice, and each key has one writer at a time', {
  timeout: 600_000,
}, async (context) => {
  const world = await startConsumerWorld(context, { kafka });
  world.relay();
  const writing = world.write({ events: undefined, perSecond, writers: 4 });
  const join = () => world.consumer({ holdMs: 2, holdOneMs: { 'key-1:2': longestHoldMs } });
  const members = [join(), join()];
  const present = () => members.filter(({ isOver }) => !isOver);
  const changes = { joined: 2, stopped: 0, killed: 0 };
  for (let step = 0; step < steps; step += 1) {
    await sleep(everyMs);
    const [one] = present();
    const kind = step === 1 || step % 6 === 5 ? 'killed' : present().length < 3 && anyOf(0, 1) ? 'joined' : 'stopped';
    changes[kind] += 1;
    if (kind === 'joined' || present().length === 1) members.push(join());
    if (kind === 'killed') await one?.end('SIGKILL');
    if (kind === 'stopped') await one?.end('SIGTERM');
  }
  await writing.stop();
  const seconds = await world.caughtUp(120_000);
  const effects = await world.effects();
  const overlaps = await countOverlaps(world);
  world.report('R14 rebalance', {
    ...effects,
    ...changes,
    ...overlaps,
    redelivered: sumOf(members, ({ results }) => results.duplicate),
    's to catch up': seconds,
  });
  expect(effects).toMatchObject(exact);
  expect(overlaps.keys).toBe(0);
  expect(seconds).toBeLessThan(30);
});

/** Pairs of effects that two members worked on at the same time, of one key and of one partition. */
async function countOverlaps({ consumerPool }: ConsumerWorld): Promise<{ keys: number; partitions: number }> {
  const { rows } = await consumerPool.query<{ keys: number; partitions: number }>(`
    select count(*) filter (where one.key = other.key)::int as keys, count(*)::int as partitions
    from effect_stamps one join effect_stamps other on one.partition = other.partition and one.member < other.member
      and one.begun_at < other.ended_at and other.begun_at < one.ended_at`);
  return rows[0] ?? { keys: -1, partitions: -1 };
}

function sumOf(members: readonly ConsumerProcess[], count: (member: ConsumerProcess) => number): number {
  return members.reduce((sum, member) => sum + count(member), 0);
}
