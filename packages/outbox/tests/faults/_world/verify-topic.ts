import { randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { type EventLog, readEvent } from '@nova/events';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { topic } from '../../_harness/outbox.ts';

/** An event as the topic has it. */
export type Found = { readonly id: string; readonly key: string; readonly change: number };

export type Verdict = {
  /** On the topic, each counted once. */
  readonly events: number;
  readonly keys: number;
  /** Committed, but not on the topic. */
  readonly lost: number;
  /** On the topic, but not committed. */
  readonly strangers: number;
  /** First occurrences that come after a later one of their key. */
  readonly inversions: number;
  /** Occurrences beyond the first. */
  readonly duplicates: number;
};

/** The one law of all scenarios; duplicates are the scenario's own. */
export const faultless = { lost: 0, strangers: 0, inversions: 0 };

/** Compares the ids that were committed with the topic from its start. */
export function verify(committed: ReadonlySet<string>, found: readonly Found[]): Verdict {
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  let inversions = 0;
  for (const { id, key, change } of found) {
    if (seen.has(id)) continue;
    seen.add(id);
    const before = latest.get(key) ?? 0;
    if (change < before) inversions += 1;
    latest.set(key, Math.max(before, change));
  }
  return {
    events: seen.size,
    keys: latest.size,
    lost: [...committed].filter((id) => !seen.has(id)).length,
    strangers: [...seen].filter((id) => !committed.has(id)).length,
    inversions,
    duplicates: found.length - seen.size,
  };
}

/** Everything there is on the topic, each key's events in their order. */
export async function readTopic(log: EventLog): Promise<Found[]> {
  const group = `verifier-${randomUUID()}`;
  const partitions = await log.lag(group, [topic]);
  const ends = new Map(partitions.map(({ partition, records }) => [partition, records]));
  const found: Found[] = [];
  let left = [...ends.values()].reduce((sum, records) => sum + records, 0n);
  if (left === 0n) return found;
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  const next = new Map<number, bigint>();
  const consumer = await log.consume({
    group,
    topics: [topic],
    async onBatch({ partition, records }, delivery) {
      for (const { offset, value } of records) {
        // A partition that came back to us begins at what was committed: count nothing twice.
        if (offset < (next.get(partition) ?? 0n)) continue;
        next.set(partition, offset + 1n);
        const { id, aggregateId: key, payload } = readEvent(value);
        found.push({ id, key, change: Number(fromBinary(PostCreatedSchema, payload).authorId) });
        left -= 1n;
      }
      await delivery.commit((records.at(-1)?.offset ?? -1n) + 1n);
      if (left <= 0n) resolve();
    },
  });
  try {
    await complete;
  } finally {
    await consumer.stop();
  }
  return found;
}
