import fc from 'fast-check';
import { expect } from 'vitest';
import { type OutgoingRecord, PublishError } from '../../src/index.ts';
import { firstDeliveries, type Laws, newTopic, noting, setUp, textRecord } from './bench.ts';

export const appendLaws: Laws = {
  'what was acknowledged is delivered, unchanged and in the order it was sent for each key': async (
    engine,
    { runs },
  ) => {
    const { log, topic } = await setUp(engine, 5);
    const producers = [await log.openProducer(), await log.openProducer()];
    const { records, onBatch } = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch });
    let run = 0;
    const record = fc.record({
      key: fc.oneof(fc.constantFrom('a', 'b'), fc.string({ unit: 'grapheme' })),
      value: fc.uint8Array({ maxLength: 300 }),
      headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,12}$/), fc.string({ unit: 'grapheme' }), { maxKeys: 4 }),
    });
    const sends = fc.array(fc.array(record, { minLength: 1, maxLength: 30 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.tuple(sends, sends), async (sendsOfEach) => {
        run += 1;
        // A key is one producer's in one run.
        const sent = sendsOfEach.map((all, owner) =>
          all.map((one) => one.map((rest) => ({ ...rest, topic, key: `${run} ${owner} ${rest.key}` }))),
        );
        await Promise.all(
          sent.map(async (all, owner) => {
            for (const one of all) await producers[owner]?.send(one);
          }),
        );
        const expected = sent.flat(2);
        const ofRun = () => firstDeliveries(records).filter(({ key }) => key.startsWith(`${run} `));
        await expect.poll(() => ofRun().length).toBe(expected.length);
        expect(byKey(ofRun())).toEqual(byKey(expected));
      }),
      { numRuns: runs },
    );
  },

  'a record that is refused says so, and the others can go on': async (engine) => {
    const { log, topic } = await setUp(engine, 2);
    const producer = await log.openProducer();
    const tooLarge = { ...textRecord(topic, 'large', ''), value: new Uint8Array(1_100_000) };
    for (const refused of [tooLarge, textRecord(newTopic(), 'lost', 'of no topic')]) {
      const failure = await producer.send([textRecord(topic, 'beside', 'a'), refused]).catch((error) => error);
      expect(failure).toBeInstanceOf(PublishError);
      expect(failure.kind).toBe('record');
    }
    await producer.send([textRecord(topic, 'good', 'b')]);
    const { texts, onBatch } = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch });
    await expect.poll(texts).toContain('b');
  },

  'a record just under the limit is taken': async (engine) => {
    const { log, topic } = await setUp(engine, 1);
    const producer = await log.openProducer();
    const value = new Uint8Array(1_048_000).fill(7);
    await producer.send([{ topic, key: 'large', value, headers: {} }]);
    const { records, onBatch } = noting();
    await log.consume({ group: 'readers', topics: [topic], onBatch });
    await expect.poll(() => records.length).toBe(1);
    expect(Buffer.compare(records[0]?.value as Uint8Array, value)).toBe(0);
  },

  'two that make the same topics at once both succeed, and a topic that is there is left as it is': async (engine) => {
    const { log, open } = await setUp(engine, 1);
    const other = open();
    const names = [newTopic(), newTopic()];
    const declared = (partitions: number) => names.map((name) => ({ name, partitions, retentionMs: 3_600_000 }));
    await Promise.all([log.ensureTopics(declared(3)), other.ensureTopics(declared(3))]);
    await Promise.all([log.ensureTopics(declared(7)), other.ensureTopics(declared(7))]);
    expect((await other.lag('nobody', names)).map(({ topic, partition }) => `${topic} ${partition}`).sort()).toEqual(
      names.flatMap((name) => [0, 1, 2].map((partition) => `${name} ${partition}`)).sort(),
    );
  },
};

function byKey(records: readonly OutgoingRecord[]) {
  const sorted = Map.groupBy(records, ({ key }) => key);
  return new Map(
    [...sorted].map(([key, group]) => [
      key,
      group.map(({ value, headers }) => ({ value: Buffer.from(value).toString('hex'), headers: { ...headers } })),
    ]),
  );
}
