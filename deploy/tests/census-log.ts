import { randomUUID } from 'node:crypto';
import { type EncodedEvent, readEvent } from '@nova/events';
import kafkajs from 'kafkajs';
import type pg from 'pg';
import { expect } from 'vitest';

/** The log as it stands there, read without the code that is under test. */
export type CensusLog = {
  /** Every record of the topics, each partition from its start. */
  readAll(): Promise<readonly EncodedEvent[]>;
  /** How many records the group has not committed yet. */
  unread(group: string): Promise<number>;
};

export function postgresLog(admin: pg.Client, topics: readonly string[]): CensusLog {
  return {
    async readAll() {
      const { rows } = await admin.query<{ value: Buffer }>(
        'select value from event_log.records where topic = any($1) order by topic, partition, "offset"',
        [topics],
      );
      return rows.map(({ value }) => readEvent(value));
    },
    async unread(group) {
      const { rows } = await admin.query<{ unread: string }>(
        `select coalesce(sum(p.next_offset - coalesce(g.next_offset, 0)), 0) as unread
         from event_log.partitions p
         left join event_log.group_offsets g on (g.topic, g.partition) = (p.topic, p.partition) and g."group" = $2
         where p.topic = any($1)`,
        [topics, group],
      );
      return Number(rows[0]?.unread);
    },
  };
}

export function kafkaLog(broker: string, topics: readonly string[]): CensusLog {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  return {
    async readAll() {
      const ends = await withAdmin(kafka, (admin) => endsOf(admin, topics));
      const expected = ends.reduce((sum, { records }) => sum + records, 0);
      const values: Buffer[] = [];
      const consumer = kafka.consumer({ groupId: `census-${randomUUID()}`, maxWaitTimeInMs: 200 });
      await consumer.connect();
      try {
        await consumer.subscribe({ topics: [...topics], fromBeginning: true });
        await consumer.run({
          eachMessage: async ({ message }) => void (message.value && values.push(message.value)),
        });
        await expect.poll(() => values.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(expected);
      } finally {
        await consumer.disconnect();
      }
      return values.map((value) => readEvent(value));
    },
    unread: (group) =>
      withAdmin(kafka, async (admin) => {
        const ends = await endsOf(admin, topics);
        const committed = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
        return ends.reduce((sum, { topic, partition, end, start }) => {
          const found = committed.find((entry) => entry.topic === topic)?.partitions;
          const offset = Number(found?.find((entry) => entry.partition === partition)?.offset ?? -1);
          return sum + end - Math.max(offset, start);
        }, 0);
      }),
  };
}

async function withAdmin<T>(kafka: kafkajs.Kafka, work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

async function endsOf(admin: kafkajs.Admin, topics: readonly string[]) {
  const perTopic = await Promise.all(
    topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high, low }) => {
        const [start, end] = [Number(low), Number(high)];
        return { topic, partition, start, end, records: end - start };
      }),
    ),
  );
  return perTopic.flat();
}
