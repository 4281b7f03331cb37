import { setTimeout as sleep } from 'node:timers/promises';
import { expect, type TestContext, test } from 'vitest';
import { type ConsumerWorld, startConsumerWorld } from './_world/consumer-world.ts';
import { exact } from './_world/effects.ts';
import { byForm } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';
import { anyOf } from './_world/progress.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = 600_000;
const { lastsMs, perSecond } = byForm({
  long: { lastsMs: 180_000, perSecond: 150 },
  short: { lastsMs: 15_000, perSecond: 100 },
});

test(
  'relays and consumers are killed at random together while events are written: every change has its effect, once and in order',
  {
    timeout,
  },
  (context) => killAtRandom(context, { kafka }),
);

test('the same holds of the event log in PostgreSQL', { timeout }, (context) => killAtRandom(context, {}));

type Part = { readonly isOver: boolean; signal(name: NodeJS.Signals): void; readonly ended: Promise<unknown> };

async function killAtRandom(context: TestContext, options: Parameters<typeof startConsumerWorld>[1]): Promise<void> {
  const world = await startConsumerWorld(context, options);
  const writing = world.write({ events: undefined, perSecond, writers: 4, rollbacks: 0.05 });
  const kills = await keepKilling(world, performance.now() + lastsMs);
  await writing.stop();
  const seconds = await world.caughtUp(120_000);
  const effects = await world.effects();
  const verdict = await world.verdict();
  world.report('everything killed at random', { ...effects, ...kills, ...verdict, 's to catch up': seconds });
  expect(effects).toMatchObject(exact);
  expect(verdict).toMatchObject(faultless);
}

/** Two relays and two consumers, one or several of which are killed at once and replaced, until the time is over. */
async function keepKilling(world: ConsumerWorld, until: number): Promise<Record<string, number>> {
  const kinds = { relays: () => world.relay(), consumers: () => world.consumer({ holdMs: 1 }) };
  const slots = Object.entries(kinds).flatMap(([kind, start]) =>
    [1, 2].map(() => ({ kind, start, part: start() as Part })),
  );
  const kills: Record<string, number> = { relays: 0, consumers: 0 };
  while (performance.now() < until) {
    await sleep(anyOf(500, 3_000));
    const victims = slots.filter(() => anyOf(1, 3) === 1);
    for (const { part } of victims) part.signal('SIGKILL');
    await Promise.all(victims.map(({ part }) => part.ended));
    for (const victim of victims) {
      kills[victim.kind] = (kills[victim.kind] ?? 0) + 1;
      victim.part = victim.start();
    }
  }
  return Object.fromEntries(Object.entries(kills).map(([kind, count]) => [`${kind} killed`, count]));
}
