import { setTimeout as sleep } from 'node:timers/promises';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { type Kysely, sql, type Transaction } from 'kysely';
import { append } from '../../../src/index.ts';

export type WriteOptions = {
  /** To be committed, at least. Without it, until stopped. */
  readonly events?: number;
  readonly keys: number;
  /** Transactions at once. */
  readonly writers: number;
  /** Share of the transactions that are rolled back after they appended, from 0 to 1. */
  readonly rollbacks?: number;
  /** Events that are begun in a second; without it, as many as go. */
  readonly perSecond?: number;
  /** Most events of one transaction, all of one key. */
  readonly mostInOne?: number;
};

export type Writing = {
  /** Committed so far. */
  readonly events: number;
  readonly rolledBack: number;
  /** Transactions that failed: they may have been committed or not, which only the ledger knows. */
  readonly failed: number;
  /** Of each committed transaction, begin to commit, in the order of their ends. */
  readonly transactionsMs: readonly { readonly endedAt: number; readonly tookMs: number }[];
  /** Resolves when all is written. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
};

/** Changes aggregates as commands do: locks the row, counts the change, appends its event; the number is in the payload. */
export function writeEvents(db: Kysely<unknown>, options: WriteOptions): Writing {
  const { events: wanted = Number.POSITIVE_INFINITY, keys, writers, rollbacks = 0, perSecond, mostInOne = 3 } = options;
  const startedAt = performance.now();
  const count = { events: 0, begun: 0, rolledBack: 0, failed: 0 };
  const transactionsMs: { endedAt: number; tookMs: number }[] = [];
  let isStopped = false;

  const writeOnce = async (size: number) => {
    const begunAt = performance.now();
    const rollsBack = Math.random() < rollbacks;
    try {
      await changeAggregate(db, { key: `key-${Math.floor(Math.random() * keys)}`, events: size, rollsBack });
      count.events += size;
      const endedAt = performance.now();
      transactionsMs.push({ endedAt, tookMs: endedAt - begunAt });
    } catch (error) {
      count[error instanceof RolledBack ? 'rolledBack' : 'failed'] += 1;
      if (!(error instanceof RolledBack)) await sleep(50);
    }
  };
  const write = async () => {
    while (!isStopped && count.events < wanted) {
      const size = perSecond ? 1 : 1 + Math.floor(Math.random() * mostInOne);
      if (perSecond) {
        const dueAt = startedAt + (count.begun * 1000) / perSecond;
        count.begun += 1;
        await sleep(Math.max(0, dueAt - performance.now()));
      }
      await writeOnce(size);
    }
  };
  const done = Promise.all(Array.from({ length: writers }, write)).then(() => undefined);
  return {
    get events() {
      return count.events;
    },
    get rolledBack() {
      return count.rolledBack;
    },
    get failed() {
      return count.failed;
    },
    transactionsMs,
    done,
    stop() {
      isStopped = true;
      return done;
    },
  };
}

class RolledBack extends Error {}

type Change = { readonly key: string; readonly events: number; readonly rollsBack?: boolean };

async function changeAggregate(db: Kysely<unknown>, { key, events, rollsBack = false }: Change): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await appendChanges(tx, { key, events });
    if (rollsBack) throw new RolledBack();
  });
}

/** Locks the aggregate and counts on; each number is the payload of an event. */
export async function appendChanges(tx: Transaction<unknown>, { key, events }: Change): Promise<void> {
  const { rows } = await sql<{ changes: number }>`
    insert into aggregates values (${key}, ${events})
    on conflict (key) do update set changes = aggregates.changes + ${events} returning changes`.execute(tx);
  const last = rows[0]?.changes ?? 0;
  for (let change = last - events + 1; change <= last; change += 1) {
    const message = { postId: key, authorId: String(change) };
    await append(tx, PostCreatedSchema, { aggregateId: key, message, origin });
  }
}

const origin = { correlationId: 'faults', traceparent: '' };
