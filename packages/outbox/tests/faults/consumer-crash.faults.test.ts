import type { EventLog, OutgoingRecord } from '@nova/events';
import { expect, test } from 'vitest';
import { startRelay } from '../../src/index.ts';
import { startConsumerWorld } from './_world/consumer-world.ts';
import { exact } from './_world/effects.ts';
import { volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const slow = { timeout: 300_000 };

test(
  'a consumer that is killed after the claim, after the effect or after the commit repeats nothing and loses nothing',
  slow,
  async (context) => {
    const world = await startConsumerWorld(context, { kafka });
    const points = ['claimed', 'effect', 'committed'] as const;
    const occurrence = Math.floor(volume.events / 4);
    const crashing = points.map((at) => world.consumer({ group: at, failPoint: { at, occurrence } }));
    world.relay();
    const writing = world.write();
    const ends = await Promise.all(crashing.map(({ ended }) => ended));
    expect(ends).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    await writing.done;
    const successors = points.map((at) => world.consumer({ group: at }));
    for (const [index, at] of points.entries()) {
      const seconds = await world.caughtUp(120_000, at);
      const effects = await world.effects({ group: at });
      expect(effects).toMatchObject(exact);
      const absorbed = successors[index]?.results.duplicate ?? 0;
      world.report(`R13 ${at}`, { ...effects, redelivered: absorbed, 'seconds to catch up': seconds });
    }
  },
);

test(
  'an event that is published three times, and old ones that come again at the end, have their effect once and in order',
  slow,
  async (context) => {
    const world = await startConsumerWorld(context, { kafka });
    const sent: OutgoingRecord[] = [];
    const { url: directUrl, schema } = world;
    const relay = startRelay({ directUrl, schema, log: threeTimes(world.log, sent) });
    context.onTestFinished(() => relay.stop());
    const consumer = world.consumer();
    await world.write().done;
    await world.drained();
    const old = sent.slice(0, Math.floor(sent.length / 4)).reverse();
    const producer = await world.log.openProducer();
    for (let at = 0; at < old.length; at += 500) await producer.send(old.slice(at, at + 500));
    const seconds = await world.caughtUp(120_000);
    const effects = await world.effects();
    await expect
      .poll(() => consumer.results)
      .toEqual({
        handled: sent.length,
        duplicate: 2 * sent.length + old.length,
        ignored: 0,
        dead_lettered: 0,
      });
    world.report('R13 delivered three times', {
      ...effects,
      absorbed: consumer.results.duplicate,
      's to catch up': seconds,
    });
    expect(effects).toMatchObject(exact);
  },
);

/** The log, but each send is done three times over; notes what was sent. */
function threeTimes(log: EventLog, sent: OutgoingRecord[]): EventLog {
  return {
    ...log,
    async openProducer() {
      const producer = await log.openProducer();
      return {
        stop: () => producer.stop(),
        async send(records) {
          for (let time = 0; time < 3; time += 1) await producer.send(records);
          sent.push(...records);
        },
      };
    },
  };
}
