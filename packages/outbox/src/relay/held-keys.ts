import { type BackoffLimits, backoffMs } from '@nova/resilience';
import type { OutboxRow } from './outbox-rows.ts';
import type { KeyOfTopic } from './relay-observer.ts';

/** A key whose next row the log refused: the row is tried again alone, the rest of the key waits. */
export type HeldKey = { readonly row: OutboxRow; readonly tries: number; readonly dueAt: number };

/** The held keys of one relay. Times are those of `performance.now`. */
export type HeldKeys = {
  list(): readonly KeyOfTopic[];
  has(key: KeyOfTopic): boolean;
  /** Counts a refusal of the row, and says how often it was tried and how long it waits. */
  refuse(row: OutboxRow): { readonly tries: number; readonly waitMs: number };
  /** Its row is not tried again, and later ones that were read with it are not sent. */
  park(key: KeyOfTopic): void;
  free(key: KeyOfTopic): void;
  /** The one that has waited longest past its time. */
  due(): HeldKey | undefined;
  /** Milliseconds until one is due. */
  nextInMs(): number;
  /**
   * Between batches: forgets the parked keys, which the database leaves out from now on, and those of shards that others may own by
   * now, who count tries from the beginning.
   */
  tidy(owned: ReadonlySet<string>): void;
};

export function createHeldKeys(backoff: BackoffLimits): HeldKeys {
  const held = new Map<string, HeldKey>();
  const first = () => [...held.values()].sort((a, b) => a.dueAt - b.dueAt)[0];
  return {
    list: () => [...held.values()].map(({ row }) => row),
    has: (key) => held.has(nameOf(key)),
    refuse(row) {
      const known = held.get(nameOf(row));
      const before = known?.row.id === row.id ? known.tries : 0;
      const waitMs = backoffMs(backoff, before);
      held.set(nameOf(row), { row, tries: before + 1, dueAt: performance.now() + waitMs });
      return { tries: before + 1, waitMs };
    },
    park(key) {
      const known = held.get(nameOf(key));
      if (known) held.set(nameOf(key), { ...known, dueAt: Number.POSITIVE_INFINITY });
    },
    free(key) {
      held.delete(nameOf(key));
    },
    due() {
      const next = first();
      return next && next.dueAt <= performance.now() ? next : undefined;
    },
    nextInMs: () => Math.max(0, (first()?.dueAt ?? Number.POSITIVE_INFINITY) - performance.now()),
    tidy(owned) {
      for (const [name, { row, dueAt }] of held) {
        if (!Number.isFinite(dueAt) || !owned.has(String(row.shard))) held.delete(name);
      }
    },
  };
}

function nameOf({ topic, key }: KeyOfTopic): string {
  return `${topic}\n${key}`;
}
