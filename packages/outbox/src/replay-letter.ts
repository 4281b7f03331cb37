import { failureOf, type Routed } from '@nova/events';
import { type Kysely, sql } from 'kysely';
import { announceLetter, announceSettled } from './dead-letter-events.ts';
import { failLetter, type HeadLetter, insertAudit, readHeadLetter, resolveLetter } from './dead-letter-repository.ts';
import { type EventTransaction, inEventTransaction } from './event-transaction.ts';
import { once } from './inbox.ts';
import { freeKeyIfEmpty, type ParkedKey, setDue, takeDueKey } from './parked-key-repository.ts';
import { causeOf } from './parking.ts';
import type { ReplayObserver } from './replay-observer.ts';

export type ReplayWork<Tables> = {
  readonly db: Kysely<Tables>;
  readonly group: string;
  /** Does what the handler of a letter's event does; undefined when nobody here wants it. */
  readonly route: (value: Uint8Array) => Routed<EventTransaction<Tables>> | undefined;
  readonly observer: ReplayObserver;
  /** How long a letter waits for something that is away. */
  readonly retryMs: number;
};

/**
 * Does the next step for one parked key, in one transaction under the key's lock: replays its first letter, or finds that
 * an operator has to act first, or that nothing is left and frees it. False when no key is due. Whatever happens to this
 * process, the step was done whole or not at all, and the inbox keeps an event that had its effect from having it again.
 */
export async function replayNextLetter<Tables>(work: ReplayWork<Tables>): Promise<boolean> {
  let tell = () => {};
  const found = await inEventTransaction(work.db, async (transaction) => {
    const { tx } = transaction;
    const parked = await takeDueKey(tx, work.group);
    if (!parked) return false;
    const head = await readHeadLetter(tx, parked);
    if (!head) await freeKeyIfEmpty(tx, parked);
    else if (isWanted(head)) tell = await replay(work, transaction, { parked, head });
    else await setDue(tx, parked, null);
    return true;
  });
  tell();
  return found;
}

/** A letter that only waited for others waits for nobody once it is the first. */
function isWanted({ requestedBy, causeCode }: HeadLetter): boolean {
  return requestedBy !== null || causeCode === 'KEY_PARKED';
}

async function replay<Tables>(
  work: ReplayWork<Tables>,
  transaction: EventTransaction<Tables>,
  { parked, head }: { parked: ParkedKey; head: HeadLetter },
): Promise<() => void> {
  const { group, observer } = work;
  const { tx } = transaction;
  const { id } = head;
  const who = head.requestedBy ?? 'nova';
  await sql`savepoint replay`.execute(tx);
  try {
    const afterwards: (() => Promise<void>)[] = [];
    const outcome = await applyLetter(work, { tx, afterCommit: (step) => void afterwards.push(step) }, head);
    afterwards.forEach(transaction.afterCommit);
    const settled = await resolveLetter(tx, id, 'replayed');
    await announceSettled(tx, settled, { resolution: 'replayed', by: who });
    await insertAudit(tx, { id, group }, { who, what: 'replay', outcome });
    await freeKeyIfEmpty(tx, parked);
    return () => observer.onReplay?.({ group, id, outcome });
  } catch (error) {
    await sql`rollback to savepoint replay`.execute(tx);
    if (failureOf(error) === 'retryable') {
      await setDue(tx, parked, work.retryMs);
      return () => observer.onReplayWaits?.({ group, id, error });
    }
    const { causeCode, cause } = causeOf(error);
    await announceLetter(tx, await failLetter(tx, parked, { id, causeCode, cause }));
    await insertAudit(tx, { id, group }, { who, what: 'replay', outcome: 'failed', cause });
    await setDue(tx, parked, null);
    return () => observer.onReplay?.({ group, id, outcome: 'failed', error });
  }
}

async function applyLetter<Tables>(
  work: ReplayWork<Tables>,
  { tx, afterCommit }: EventTransaction<Tables>,
  { value }: HeadLetter,
): Promise<'replayed' | 'duplicate'> {
  const routed = work.route(value);
  if (!routed) return 'replayed';
  const { event, handler } = routed;
  if (!(await once(tx, work.group, event.id))) return 'duplicate';
  await handler.run(event, { tx, afterCommit });
  return 'replayed';
}
