import { randomUUID } from 'node:crypto';
import { type EventLog, readEvent } from '@nova/events';
import { topic } from './outbox.ts';

export type Verdict = {
  /** Committed changes of which no event is in the log. */
  readonly lost: number;
  /** Events of changes that were not committed. */
  readonly strangers: number;
  /** Events whose first occurrence comes after that of a later event of its key. */
  readonly inversions: number;
  /** Occurrences beyond the first. */
  readonly duplicates: number;
};

export const flawless: Verdict = { lost: 0, strangers: 0, inversions: 0, duplicates: 0 };

/** Compares the topic, read from its start, with the committed changes by key, which are numbered from 1. */
export function judge(committed: ReadonlyMap<string, number>, published: readonly PublishedChange[]): Verdict {
  const seen = new Map<string, Set<number>>();
  const verdict = { lost: 0, strangers: 0, inversions: 0, duplicates: 0 };
  for (const { key, change } of published) {
    const ofKey = seen.get(key) ?? new Set();
    seen.set(key, ofKey);
    if (change > (committed.get(key) ?? 0)) verdict.strangers += 1;
    if (ofKey.has(change)) verdict.duplicates += 1;
    else if (ofKey.size > 0 && change < Math.max(...ofKey)) verdict.inversions += 1;
    ofKey.add(change);
  }
  for (const [key, changes] of committed) {
    for (let change = 1; change <= changes; change++) if (!seen.get(key)?.has(change)) verdict.lost += 1;
  }
  return verdict;
}

export type PublishedChange = { readonly key: string; readonly change: number };

/** Everything in the topic, each key's events in their order. */
export async function readPublished(log: EventLog): Promise<PublishedChange[]> {
  const group = `judge-${randomUUID()}`;
  const published: PublishedChange[] = [];
  const consumer = await log.consume({
    group,
    topics: [topic],
    async onBatch({ records }, delivery) {
      for (const { value, key } of records) {
        published.push({ key, change: Number.parseInt(Buffer.from(readEvent(value).payload).toString(), 10) });
      }
      await delivery.commit((records.at(-1)?.offset ?? -1n) + 1n);
    },
  });
  try {
    while ((await log.lag(group, [topic])).some(({ records }) => records > 0n)) await new Promise(setImmediate);
  } finally {
    await consumer.stop();
  }
  return published;
}
