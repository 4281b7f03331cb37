import { expect } from 'vitest';
import type { LogRecord } from '../../src/index.ts';
import { afterLast, firstDeliveries, keyOfEach, type Laws, noting, range, setUp, textOf } from './bench.ts';

export const deliveryLaws: Laws = {
  'what was not committed is delivered again to the next consumer of the group': async (engine) => {
    const { log, topic, append } = await setUp(engine, 1);
    await append('key', range(0, 10));
    const seen: string[] = [];
    const first = await log.consume({
      group: 'readers',
      topics: [topic],
      async onBatch({ records }, delivery) {
        const fourth = records.find((record) => textOf(record) === '3');
        if (fourth) await delivery.commit(fourth.offset + 1n);
        seen.push(...records.map(textOf));
      },
    });
    await expect.poll(() => seen).toEqual(range(0, 10));
    await first.stop();
    const { texts, onBatch } = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch });
    await expect.poll(texts).toEqual(range(4, 10));
  },

  'every group gets everything from the start, whatever others have read': async (engine) => {
    const { log, topic, append } = await setUp(engine, 3);
    await append('a', range(0, 5));
    await append('b', range(5, 10));
    const [early, late] = [noting(), noting()];
    await log.consume({ group: 'early', topics: [topic], onBatch: early.onBatch });
    await expect.poll(() => early.texts().sort()).toEqual(range(0, 10));
    await log.consume({ group: 'late', topics: [topic], onBatch: late.onBatch });
    await append('c', ['more']);
    await expect.poll(() => late.texts().sort()).toEqual([...range(0, 10), 'more']);
    await expect.poll(() => early.texts().sort()).toEqual([...range(0, 10), 'more']);
  },

  'a handler that rejects gets the records again, and those of other partitions meanwhile': async (engine) => {
    const { log, topic, append } = await setUp(engine, 2);
    const [failing = '', working = ''] = keyOfEach(2);
    const tries: string[] = [];
    const done: LogRecord[] = [];
    await log.consume({
      group: 'readers',
      topics: [topic],
      async onBatch(batch, delivery) {
        const texts = batch.records.map(textOf);
        if (texts.includes('0')) tries.push(texts[0] ?? '');
        if (texts.includes('0') && !(tries.length > 2 && done.some(({ key }) => key === working)))
          throw new Error('The handler is not well.');
        done.push(...batch.records);
        await delivery.commit(afterLast(batch));
      },
    });
    await append(failing, ['0', '1']);
    await append(working, ['of the other']);
    const doneOf = (wanted: string) => firstDeliveries(done.filter(({ key }) => key === wanted)).map(textOf);
    await expect.poll(() => doneOf(failing)).toEqual(['0', '1']);
    expect(doneOf(working)).toEqual(['of the other']);
    expect(new Set(tries)).toEqual(new Set(['0']));
    expect(tries.length).toBeGreaterThan(2);
  },

  'a slow handler is not overtaken and holds back its own partition only': async (engine) => {
    const { log, topic, append } = await setUp(engine, 2);
    const [slow = '', fast = ''] = keyOfEach(2);
    const release = Promise.withResolvers<void>();
    const begun: LogRecord[] = [];
    await log.consume({
      group: 'readers',
      topics: [topic],
      async onBatch(batch, delivery) {
        begun.push(...batch.records);
        if (batch.records[0]?.key === slow) await release.promise;
        await delivery.commit(afterLast(batch));
      },
    });
    const begunOf = (wanted: string) => begun.filter(({ key }) => key === wanted).map(textOf);
    await append(slow, ['0']);
    await expect.poll(() => begunOf(slow)).toEqual(['0']);
    await append(slow, range(1, 5));
    for (const text of range(0, 5)) {
      await append(fast, [text]);
      await expect.poll(() => begunOf(fast)).toContain(text);
    }
    expect(begunOf(slow)).toEqual(['0']);
    release.resolve();
    await expect.poll(() => begunOf(slow)).toEqual(range(0, 5));
    expect(begunOf(fast)).toEqual(range(0, 5));
  },

  'stopping aborts what runs and waits for it, and its commit still counts': async (engine) => {
    const { log, topic, append } = await setUp(engine, 1);
    const happened: string[] = [];
    await append('key', ['0']);
    const consumer = await log.consume({
      group: 'readers',
      topics: [topic],
      async onBatch(batch, { signal, commit }) {
        happened.push('begun');
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        happened.push('aborted');
        await commit(afterLast(batch));
        happened.push('committed');
      },
    });
    await expect.poll(() => happened).toEqual(['begun']);
    await consumer.stop();
    expect(happened).toEqual(['begun', 'aborted', 'committed']);
    expect((await log.lag('readers', [topic])).map(({ records }) => records)).toEqual([0n]);
  },

  'lag is the number of records after the last commit, of each group and partition': async (engine) => {
    const { log, topic, append } = await setUp(engine, 2);
    const [first = '', second = ''] = keyOfEach(2);
    const lag = async () => (await log.lag('readers', [topic])).map(({ records }) => records);
    expect(await lag()).toEqual([0n, 0n]);
    await append(first, range(0, 5));
    await append(second, range(0, 2));
    expect(await lag()).toEqual([5n, 2n]);
    const some = await log.consume({
      group: 'readers',
      topics: [topic],
      async onBatch({ partition, records }, { commit }) {
        if (partition === 0 && records[0]?.offset === 0n) await commit(3n);
      },
    });
    await expect.poll(lag).toEqual([2n, 2n]);
    await some.stop();
    const all = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch: all.onBatch });
    await expect.poll(lag).toEqual([0n, 0n]);
    await append(second, ['one more']);
    await expect.poll(lag).toEqual([0n, 0n]);
    expect(await log.lag('others', [topic]).then((lags) => lags.map(({ records }) => records))).toEqual([5n, 3n]);
  },
};
