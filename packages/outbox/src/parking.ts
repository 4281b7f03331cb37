import { type DeadLetterCause, EventError, type LogRecord, type RecordResult, readEvent } from '@nova/events';
import type { Kysely } from 'kysely';
import type { AnyTransaction } from './append.ts';
import { announceLetter } from './dead-letter-events.ts';
import { insertDeadLetter, type NewDeadLetter, wasSeen } from './dead-letter-repository.ts';
import { parkKey } from './parked-key-repository.ts';
import { storable, storableKey } from './storable.ts';

/*
 * Why parking, live events and replay do not race:
 * - A live event's transaction locks the row of its parked key `for share` before anything else, a replay (or a discard)
 *   `for update`. Whoever comes second waits for the other's commit and then sees what it did: a key that was freed lets
 *   the event through, after all letters before it; a letter that was stored behind keeps the replay from freeing the key.
 * - Where no row is, there is nothing to lock, and a record of the same key could be parked meanwhile. One consumer takes
 *   the records of a key in order, so it is never its own predecessor. Two consumers do it only while one of them does not
 *   know yet that it lost the partition; each of them passes a record only after it is in the inbox or among the letters,
 *   so both see the same order, and the inbox (or the unique place of a letter) makes the second one's work nothing.
 * - Everybody locks in the order parked key, then inbox or letters: no circle.
 */

const maxCauseLength = 2_000;

export type Aside = {
  readonly group: string;
  readonly record: LogRecord;
  readonly causeCode: DeadLetterCause;
  readonly cause: string;
  readonly tries: number;
};

/**
 * Sets a record aside and parks its key, announced on dlq.all, in one transaction. A record that is set aside already, or
 * had its effect meanwhile, stays as it is.
 */
export function park<Tables>(db: Kysely<Tables>, aside: Aside): Promise<RecordResult> {
  const { group, record } = aside;
  return db.transaction().execute(async (tx) => {
    const stored = await store(tx, aside);
    if (stored) await parkKey(tx, { group, topic: record.topic, key: storableKey(record.key) });
    return stored ? 'dead_lettered' : 'duplicate';
  });
}

/** Sets a record aside behind others of its key; the caller holds the lock of the parked key. */
export async function storeBehind(
  tx: AnyTransaction,
  { group, record }: { group: string; record: LogRecord },
): Promise<RecordResult> {
  const cause = 'An earlier event of the same key waits.';
  const stored = await store(tx, { group, record, causeCode: 'KEY_PARKED', cause, tries: 0 });
  return stored ? 'dead_lettered' : 'duplicate';
}

/** What a failure is filed under. */
export function causeOf(error: unknown): { causeCode: DeadLetterCause; cause: string } {
  const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    causeCode: error instanceof EventError ? error.code : 'FAILED',
    cause: storable(cause).slice(0, maxCauseLength),
  };
}

async function store(tx: AnyTransaction, aside: Aside): Promise<boolean> {
  const { group, record } = aside;
  const event = eventIn(record);
  if (event && (await wasSeen(tx, group, event.id))) return false;
  const letter: NewDeadLetter = {
    ...aside,
    key: storableKey(record.key),
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, text]) => [storable(name), storable(text)])),
    eventId: event?.id ?? null,
    eventType: event ? storable(event.type) : null,
  };
  const inserted = await insertDeadLetter(tx, letter);
  if (!inserted) return false;
  await announceLetter(tx, inserted);
  return true;
}

function eventIn(record: LogRecord): { id: string; type: string } | undefined {
  try {
    return readEvent(record.value);
  } catch {
    return undefined;
  }
}
