import { randomBytes } from 'node:crypto';
import { createKafkaEventLog, type EventLog, type KafkaOptions, type OutgoingRecord } from '@nova/events';
import { expect, onTestFinished, test } from 'vitest';
import { type ProxiedBroker, proxiedBrokerOfFile } from './kafka-broker.ts';

const brokerOf = proxiedBrokerOfFile();
const slow = { timeout: 240_000 };

test(
  'after an unanswered send a producer is of no more use, and nothing is lost to its sequence numbers',
  slow,
  async () => {
    const { proxy, log, topic } = await setUp({ publishTimeoutMs: 3_000 });
    const producer = await log.openProducer();
    await producer.send([record(topic, 'first')]);
    await proxy.setFault({ kind: 'latency', ms: 5_000 });
    const unanswered = await failureOf(producer.send([record(topic, 'unanswered')]));
    await proxy.clear();
    expect([unanswered, await failureOf(producer.send([record(topic, 'refused')]))]).toEqual([
      unavailable,
      unavailable,
    ]);
    const next = await log.openProducer();
    await next.send([record(topic, 'last')]);
    const texts = await read(log, topic);
    // The unanswered one may have been appended.
    await expect.poll(() => texts.filter((text) => text !== 'unanswered')).toEqual(['first', 'last']);
  },
);

test('a broker that says nothing any more is given up in time, by producers and consumers', slow, async () => {
  const { proxy, log, topic } = await setUp({ publishTimeoutMs: 3_000, requestTimeoutMs: 3_000 });
  const producer = await log.openProducer();
  const texts = await read(log, topic);
  await producer.send([record(topic, 'before')]);
  await expect.poll(() => texts).toEqual(['before']);
  await proxy.setFault({ kind: 'half-open' });
  const startedAt = performance.now();
  expect(await failureOf(producer.send([record(topic, 'swallowed')]))).toEqual(unavailable);
  expect(await failureOf(log.openProducer())).toEqual(unavailable);
  await expect(log.check()).rejects.toThrow();
  expect(performance.now() - startedAt).toBeLessThan(60_000);
  await proxy.clear();
  const next = await log.openProducer();
  await next.send([record(topic, 'after')]);
  await expect.poll(() => texts, { timeout: 40_000 }).toContain('after');
});

test('a producer whose id never came sends nothing', slow, async () => {
  const { proxy, log, topic } = await setUp({ publishTimeoutMs: 2_000 });
  await proxy.setFault({ kind: 'latency', ms: 900 });
  const failed = await failureOf(log.openProducer());
  await proxy.clear();
  expect(failed).toEqual(unavailable);
  expect((await log.lag('nobody', [topic])).map(({ records }) => records)).toEqual([0n]);
});

test('a slow way is no fault', slow, async () => {
  const { proxy, log, topic } = await setUp({});
  await proxy.setFault({ kind: 'latency', ms: 200 });
  const texts = await read(log, topic);
  const producer = await log.openProducer();
  for (const text of ['a', 'b', 'c']) await producer.send([record(topic, text)]);
  await expect.poll(() => texts).toEqual(['a', 'b', 'c']);
});

type Bench = ProxiedBroker & { readonly log: EventLog; readonly topic: string };

async function setUp(changes: Partial<KafkaOptions>): Promise<Bench> {
  const { broker, proxy } = await brokerOf();
  onTestFinished(() => proxy.clear());
  const log = createKafkaEventLog(broker.options(changes));
  onTestFinished(() => log.stop());
  const topic = `test.${randomBytes(6).toString('hex')}`;
  await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: 3_600_000 }]);
  return { broker, proxy, log, topic };
}

function record(topic: string, text: string): OutgoingRecord {
  return { topic, key: 'key', value: Buffer.from(text), headers: {} };
}

async function read(log: EventLog, topic: string): Promise<string[]> {
  const texts: string[] = [];
  await log.consume({
    group: 'readers',
    topics: [topic],
    async onBatch({ records }, { commit }) {
      texts.push(...records.map(({ value }) => Buffer.from(value).toString()));
      await commit((records.at(-1)?.offset ?? 0n) + 1n);
    },
  });
  return texts;
}

const unavailable = expect.objectContaining({ name: 'PublishError', kind: 'unavailable' });

function failureOf(sending: Promise<unknown>): Promise<unknown> {
  return sending.then(
    () => 'It did not fail.',
    (error: unknown) => error,
  );
}
