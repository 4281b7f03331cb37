import { type OutgoingRecord, toRecord } from '@nova/events';
import type { HeldKeys } from './held-keys.ts';
import type { LockSession } from './lock-session.ts';
import { deleteRows, type OutboxRow, parkKey } from './outbox-rows.ts';
import { isRefusal, type Publisher } from './publisher.ts';
import type { RelayLimits } from './relay-limits.ts';
import type { RelayObserver } from './relay-observer.ts';

export type PublishDeps = {
  readonly session: LockSession;
  readonly publisher: Publisher;
  readonly held: HeldKeys;
  readonly limits: RelayLimits;
  readonly observer: RelayObserver;
  readonly stopping: AbortSignal;
};

type Item = { readonly row: OutboxRow; readonly record: OutgoingRecord; readonly readAt: number };

/** Rows in the order of their ids, and when their reading began, by `performance.now`. */
export type Batch = { readonly rows: readonly OutboxRow[]; readonly readAt: number };

/**
 * Sends rows and deletes those that were acknowledged; returns whether all were. What the log refuses is found by sending smaller groups, none of
 * which splits a key before its rows go one by one; its key is held and, after the last try, parked. Rejects when the log is away
 * or the session is lost; rows that were not deleted will be read again.
 */
export async function publishRows(deps: PublishDeps, { rows, readAt }: Batch): Promise<boolean> {
  const items: Item[] = [];
  for (const row of rows) {
    if (deps.held.has(row)) continue;
    try {
      items.push({ row, readAt, record: recordOf(row) });
    } catch (error) {
      // Earlier rows of the key go first; the next look begins with this one.
      if (items.some((item) => isOfKey(item.row, row))) break;
      await refuse(deps, row, error);
    }
  }
  if (items.length === 0) return false;
  return (await deliver(deps, items, ['topic', 'shard', 'key', 'id'])) && items.length === rows.length;
}

function isOfKey(row: OutboxRow, { topic, key }: OutboxRow): boolean {
  return row.topic === topic && row.key === key;
}

/** Tries the row of a held key again, alone. */
export async function retryRow(deps: PublishDeps, row: OutboxRow, readAt: number): Promise<void> {
  try {
    await send(deps, [{ row, readAt, record: recordOf(row) }]);
    deps.held.free(row);
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof UnfitRow)) throw error;
    await refuse(deps, row, error);
  }
}

type Grouping = 'topic' | 'shard' | 'key' | 'id';

/** Whether the log took all of them at once. */
async function deliver(deps: PublishDeps, items: readonly Item[], groupings: readonly Grouping[]): Promise<boolean> {
  try {
    await send(deps, items);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [only] = items;
    if (only && items.length === 1) await refuse(deps, only.row, error);
    else await deliverInParts(deps, split(items, groupings));
    return false;
  }
}

type Parts = { readonly groups: readonly Item[][]; readonly finer: readonly Grouping[] };

async function deliverInParts(deps: PublishDeps, { groups, finer }: Parts): Promise<void> {
  for (const group of groups) {
    if (deps.stopping.aborted) return;
    const free = group.filter(({ row }) => !deps.held.has(row));
    if (free.length > 0) await deliver(deps, free, finer);
  }
}

/** By the first grouping that makes more than one group. */
function split(items: readonly Item[], groupings: readonly Grouping[]): Parts {
  const [grouping = 'id', ...finer] = groupings;
  const groups = [...Map.groupBy(items, ({ row }) => row[grouping]).values()];
  return groups.length > 1 || finer.length === 0 ? { groups, finer } : split(items, finer);
}

async function send(deps: PublishDeps, items: readonly Item[]): Promise<void> {
  const { session, publisher, limits, observer } = deps;
  await session.prove(limits.proofMs);
  observer.onStep?.('sending');
  await publisher.send(items.map(({ record }) => record));
  const acknowledgedAt = performance.now();
  observer.onStep?.('acknowledged');
  observer.onPublished?.({
    rows: items.length,
    bytes: items.reduce((sum, { record }) => sum + record.key.length + record.value.length, 0),
    latenciesMs: items.map(({ row, readAt }) => row.ageMs + acknowledgedAt - readAt),
  });
  observer.onStep?.('deleting');
  await deleteRows(
    session,
    items.map(({ row }) => row),
  );
  observer.onStep?.('deleted');
}

async function refuse({ session, held, limits, observer }: PublishDeps, row: OutboxRow, error: unknown): Promise<void> {
  const { tries, waitMs } = held.refuse(row);
  const { topic, key, eventId } = row;
  if (tries < limits.maxTries) return observer.onRetry?.({ waitMs, error, refused: { topic, key } });
  const cause = describe(error);
  await parkKey(session, row, { cause, tries });
  held.park(row);
  observer.onParked?.({ topic, key, eventId, cause, tries });
}

/** A row of which no record can be made. */
class UnfitRow extends Error {
  override readonly name = 'UnfitRow';
}

function recordOf({ eventId, topic, key, createdAt, ...row }: OutboxRow): OutgoingRecord {
  try {
    const { type, version, correlationId, traceparent, payload } = row;
    const occurredAt = createdAt;
    return toRecord(topic, {
      id: eventId,
      type,
      version,
      aggregateId: key,
      correlationId,
      traceparent,
      occurredAt,
      payload,
    });
  } catch (cause) {
    throw new UnfitRow(`No record can be made of the row: ${(cause as Error).message}`, { cause });
  }
}

const longestCause = 2_000;

function describe(error: unknown): string {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error && lines.length < 4; at = at.cause) lines.push(at.message);
  return (lines.length > 0 ? lines.join(': ') : String(error)).slice(0, longestCause);
}
