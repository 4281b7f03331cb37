import { setTimeout as sleep } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { topicRights } from '@nova/deploy/tests/topic-rights.ts';
import { declaredTopics, type EventLog, readEvent } from '@nova/events';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { append, discardParkedEvent, listParkedKeys, retryParkedKey } from '../../src/index.ts';
import { topic as ordinaryTopic } from '../_harness/outbox.ts';
import type { RelayProcess } from '../_harness/relay-process.ts';
import { type FaultWorld, startFaultWorld } from './_world/fault-world.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaWithRights } from './_world/kafka-with-rights.ts';
import { percentile } from './_world/percentile.ts';
import { faultless } from './_world/verify-topic.ts';

const kafka = kafkaWithRights();
const { calmMs, perSecond } = byForm({
  long: { calmMs: 60_000, perSecond: 150 },
  short: { calmMs: 6_000, perSecond: 100 },
});
const topicDefaults = { partitions: 12, retentionMs: 3_600_000 };

/** Keys and topics by what is wrong with their second event, or with all of them. */
const poison = {
  unencodable: { key: 'unencodable', topic: ordinaryTopic },
  oversized: { key: 'oversized', topic: ordinaryTopic },
  unknownTopic: { key: 'unknown-topic', topic: 'nowhere.events' },
  forbidden: { key: 'forbidden', topic: 'forbidden.events' },
};
const changes = 4;

test('poison of each kind is tried five times and parks its key with the cause, other keys flow as before; mended and retried, or discarded, its key goes on in order', {
  timeout: 600_000,
}, async (context) => {
  const world = await startFaultWorld(context, { kafka });
  const { brokers } = (await kafka(context)).options();
  const rights = topicRights(brokers);
  const named = (topic: string) => `${world.logSource.prefix}${topic}`;
  await world.log.ensureTopics([...declaredTopics, { name: poison.forbidden.topic, ...topicDefaults }]);
  await rights.forbidWriting(named(poison.forbidden.topic));
  const relay = world.relay();
  const writing = world.write({ events: undefined, perSecond, keys: volume.keys, writers: 4 });
  await expect.poll(() => relay.published, { timeout: 60_000 }).toBeGreaterThan(100);

  const before = latencies(relay);
  await sleep(calmMs);
  const calm = before.stop();
  const meanwhile = latencies(relay);
  const startedAt = performance.now();
  for (const [kind, of] of Object.entries(poison)) await writePoison(world, { kind, ...of });
  await expect.poll(async () => (await listParkedKeys(world.db)).length, { timeout: 120_000 }).toBe(4);
  const parkedAfter = (performance.now() - startedAt) / 1000;
  const troubled = meanwhile.stop();
  const parked = new Map((await listParkedKeys(world.db)).map((each) => [each.key, each]));
  for (const [key, why] of Object.entries(causes)) expect(parked.get(key)).toMatchObject({ tries: 5, cause: why });

  await writing.stop();
  await rights.allowWriting(named(poison.forbidden.topic));
  await rights.allowBytes(named(ordinaryTopic), 4_000_000);
  await world.log.ensureTopics([{ name: poison.unknownTopic.topic, ...topicDefaults }]);
  for (const { topic, key } of [poison.oversized, poison.unknownTopic, poison.forbidden])
    expect(await retryParkedKey(world.db, { topic, key })).toBe(true);
  const eventId = parked.get(poison.unencodable.key)?.eventId ?? '';
  expect(await discardParkedEvent(world.db, { ...poison.unencodable, eventId, by: 'operator' })).toBe(true);
  await world.drained(120_000);

  await world.pool.query('delete from ledger where event_id = $1', [eventId]);
  const verdict = await world.verdict();
  const ms = (values: readonly number[]) => ({ p50: percentile(values, 0.5), p99: percentile(values, 0.99) });
  const [was, is] = [ms(calm), ms(troubled)];
  world.report('R11 poison', {
    ...verdict,
    parked: parked.size,
    tries: [...parked.values()].map(({ tries }) => tries).join('/'),
    's until all were parked': parkedAfter,
    'ms p50 before': was.p50,
    'ms p99 before': was.p99,
    'ms p50 meanwhile': is.p50,
    'ms p99 meanwhile': is.p99,
    events_meanwhile: troubled.length,
  });
  expect(verdict).toMatchObject(faultless);
  for (const { topic } of [poison.unknownTopic, poison.forbidden])
    expect(await numbersOn(world.log, topic)).toEqual(Array.from({ length: changes }, (_, index) => index + 1));
  expect(is.p99).toBeLessThan(Math.max(2 * was.p99, was.p99 + 500));
});

const causes = {
  [poison.unencodable.key]: expect.stringContaining('No record can be made of the row'),
  [poison.oversized.key]: expect.stringContaining('MESSAGE_TOO_LARGE'),
  [poison.unknownTopic.key]: expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION'),
  [poison.forbidden.key]: expect.stringContaining('TOPIC_AUTHORIZATION_FAILED'),
};

type Poison = { readonly kind: string; readonly key: string; readonly topic: string };

/** Changes of a key, one transaction each. */
async function writePoison({ db }: FaultWorld, { kind, key, topic }: Poison): Promise<void> {
  for (let number = 1; number <= changes; number += 1) {
    const isBad = number === 2;
    const padding = isBad && kind === 'oversized' ? ' '.repeat(2_000_000) : '';
    await db.transaction().execute(async (tx) => {
      const message = { postId: key, authorId: `${number}${padding}` };
      const origin = { correlationId: `${key}:${number}`, traceparent: '' };
      await append(tx, PostCreatedSchema, { aggregateId: key, message, origin });
      const own = sql`where correlation_id = ${origin.correlationId}`;
      if (isBad && kind === 'unencodable')
        await sql`update outbox_events set created_at = 'infinity' ${own}`.execute(tx);
      if (topic !== ordinaryTopic) {
        await sql`update outbox_events set topic = ${topic} ${own}`.execute(tx);
        await sql`delete from ledger where event_id = (select event_id from outbox_events ${own})`.execute(tx);
      }
    });
  }
}

/** Milliseconds from insert to acknowledgement of everything that the relay publishes until stopped. */
function latencies(relay: RelayProcess): { stop(): number[] } {
  const found: number[] = [];
  let isStopped = false;
  relay.onNews((news) => {
    if (!isStopped && news.kind === 'published') found.push(...news.latenciesMs);
  });
  return {
    stop() {
      isStopped = true;
      return found;
    },
  };
}

/** The changes on a topic of one key, in their order. */
async function numbersOn(log: EventLog, topic: string): Promise<number[]> {
  const numbers: number[] = [];
  const consumer = await log.consume({
    group: `reader-${topic}`,
    topics: [topic],
    async onBatch({ records }, { commit }) {
      for (const { value } of records)
        numbers.push(Number(fromBinary(PostCreatedSchema, readEvent(value).payload).authorId));
      await commit((records.at(-1)?.offset ?? -1n) + 1n);
    },
  });
  await expect.poll(() => numbers.length).toBe(changes);
  await consumer.stop();
  return numbers;
}
