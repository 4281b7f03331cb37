import { expect } from 'vitest';
import type { Delivery } from '../../src/index.ts';
import { afterLast, type Bench, firstDeliveries, keyOfEach, type Laws, noting, range, setUp, textOf } from './bench.ts';
import { type HandledRecord, startChild } from './child-member.ts';

const partitions = 6;

export const groupLaws: Laws = {
  'members divide the partitions, and one at a time handles the records of each': async (engine) => {
    const bench = await setUp(engine, partitions);
    const members = [0, 1, 2].map(() => noting());
    const busy = new Map<number, number>();
    const overlaps: string[] = [];
    for (const [me, member] of members.entries())
      await bench.open().consume({
        group: 'readers',
        topics: [bench.topic],
        async onBatch(batch, delivery) {
          const other = busy.get(batch.partition);
          if (other !== undefined) overlaps.push(`${other} and ${me} at once on ${batch.partition}`);
          busy.set(batch.partition, me);
          await new Promise((resolve) => setTimeout(resolve, 5));
          busy.delete(batch.partition);
          await member.onBatch(batch, delivery);
        },
      });
    const sent = await appendUntil(bench, () => members.every(({ records }) => records.length > 0));
    const all = () => members.flatMap(({ records }) => records);
    await expect.poll(() => firstDeliveries(all()).length).toBe(sent.length);
    expect(firstDeliveries(all()).map(textOf).sort()).toEqual([...sent].sort());
    expect(overlaps).toEqual([]);
  },

  'a commit is refused once the partition is another member’s': async (engine) => {
    const bench = await setUp(engine, partitions);
    const deliveries = new Map<number, Delivery>();
    const first = await bench.log.consume({
      group: 'readers',
      topics: [bench.topic],
      async onBatch(batch, delivery) {
        deliveries.set(batch.partition, delivery);
        await delivery.commit(afterLast(batch));
      },
    });
    for (const key of keyOfEach(partitions)) await bench.append(key, ['0']);
    await expect.poll(() => deliveries.size).toBe(partitions);
    const before = new Map(deliveries);
    const second = noting();
    await bench.open().consume({ group: 'readers', topics: [bench.topic], onBatch: second.onBatch });
    await appendUntil(bench, () => second.records.length > 0);
    const lost = second.records[0]?.partition ?? -1;
    await expect(before.get(lost)?.commit(1n)).rejects.toThrow();
    await first.stop();
    for (const delivery of deliveries.values()) await expect(delivery.commit(1n)).rejects.toThrow();
  },

  'members that are killed or stop hand over without loss and in order per key': async (engine) => {
    const bench = await setUp(engine, partitions);
    const task = { engine: bench.engine, group: 'readers', topic: bench.topic, handleMs: 2 };
    const [killed, stopped, last] = [startChild(task), startChild(task), startChild(task)];
    const members = [killed, stopped, last];
    const keys = keyOfEach(partitions).flatMap((key) => [key, `${key}0`]);
    const counts = new Map(keys.map((key) => [key, 0]));
    const appendMore = async (count: number) => {
      for (const key of keys) {
        const from = counts.get(key) ?? 0;
        counts.set(key, from + count);
        await bench.append(key, range(from, from + count));
      }
    };
    const busy = async () => {
      await appendMore(1);
      return members.every(({ handled }) => handled.length > 20);
    };
    await expect.poll(busy, { interval: 50 }).toBe(true);
    await appendMore(20);
    await killed.end('SIGKILL');
    await appendMore(20);
    await stopped.end('SIGTERM');
    await appendMore(20);
    const handled = () => members.flatMap((member) => member.handled);
    const total = () => [...counts.values()].reduce((sum, count) => sum + count, 0);
    await expect.poll(() => distinct(handled()).length, { timeout: 40_000 }).toBe(total());
    const inOrder = distinct(handled().sort((a, b) => (a.at < b.at ? -1 : 1)));
    for (const key of keys)
      expect(inOrder.filter((record) => record.key === key).map(({ text }) => text)).toEqual(
        range(0, counts.get(key) ?? 0),
      );
  },
};

/** Appends to every partition until `isEnough`, and returns what. */
async function appendUntil({ append }: Bench, isEnough: () => boolean): Promise<string[]> {
  const sent: string[] = [];
  await expect
    .poll(
      async () => {
        for (const key of keyOfEach(partitions)) {
          const text = `text ${sent.length}`;
          await append(key, [text]);
          sent.push(text);
        }
        return isEnough();
      },
      { interval: 50, timeout: 25_000 },
    )
    .toBe(true);
  return sent;
}

function distinct(handled: readonly HandledRecord[]): HandledRecord[] {
  const seen = new Set<string>();
  return handled.filter(
    ({ partition, offset }) => !seen.has(`${partition}/${offset}`) && seen.add(`${partition}/${offset}`),
  );
}
