import { AppError } from '@nova/errors';
import type { DeadLetterCause } from '@nova/events';
import type { Kysely } from 'kysely';
import { announceSettled } from './dead-letter-events.ts';
import { insertAudit, resolveLetter } from './dead-letter-repository.ts';
import {
  type DeadLetter,
  type DeadLetterDetails,
  findLetter,
  findLetters,
  lockKeysOf,
  lockUnresolved,
  markRequested,
  readClock,
  selectAudits,
  selectLetters,
  selectWaiting,
  type WantedPage,
} from './dead-letter-requests.ts';
import { once } from './inbox.ts';
import { freeKeyIfEmpty, lockKey, setDue } from './parked-key-repository.ts';

/** Which unresolved letters: one, those of a cause, or all; of every group of the schema or of one. */
export type DeadLetterSelection = { readonly group?: string } & (
  | { readonly id: string }
  | { readonly causeCode: DeadLetterCause }
  | { readonly all: true }
);

/** Letters that were asked for now; `at` tells this request from others. `more`: others wait that nobody has asked for. */
export type ReplayRequest = { readonly requested: number; readonly at: Date; readonly more: boolean };

const chunk = 500;
const maxListed = 500;

/**
 * Asks the consumer to replay letters. With each go the letters before it of the same key, and those after it that only
 * waited. May be asked again: what is resolved is left alone. Throws NOT_FOUND and CONFLICT (resolved already) for an id.
 */
export async function requestReplay<Tables>(
  db: Kysely<Tables>,
  { by, ...selection }: { by: string } & DeadLetterSelection,
): Promise<ReplayRequest> {
  if ('id' in selection) await findUnresolved(db, selection.id);
  const at = await readClock(db);
  let requested = 0;
  let after = '0';
  for (;;) {
    const page = { after, limit: chunk, unasked: false };
    const batch = await requestBatch(db, selection, { page, by, at });
    requested += batch.requested;
    if (batch.last === undefined || !batch.isFull) return { requested, at, more: false };
    after = batch.last;
  }
}

/** The same for at most `limit` (up to 500) letters, of which nobody has asked for any; what is resolved is no error. */
export async function requestSomeReplays<Tables>(
  db: Kysely<Tables>,
  { by, limit, ...selection }: { by: string; limit: number } & DeadLetterSelection,
): Promise<ReplayRequest> {
  if ('id' in selection && !(await findLetter(db, selection.id))) throw notFound(selection.id);
  const at = await readClock(db);
  const page = { after: '0', limit, unasked: true };
  const { requested, isFull, last } = await requestBatch(db, selection, { page, by, at });
  const next = isFull ? await selectWaiting(db, selection, { after: last ?? '0', limit: 1, unasked: true }) : [];
  return { requested, at, more: next.length > 0 };
}

async function requestBatch<Tables>(
  db: Kysely<Tables>,
  selection: DeadLetterSelection,
  { page, by, at }: { page: WantedPage; by: string; at: Date },
): Promise<{ requested: number; isFull: boolean; last: string | undefined }> {
  return db.transaction().execute(async (tx) => {
    const letters = await selectWaiting(tx, selection, page);
    await lockKeysOf(tx, letters);
    const requested = await markRequested(tx, { letters, by, at });
    return { requested, isFull: letters.length === page.limit, last: letters.at(-1)?.sequence };
  });
}

/**
 * Gives a letter up: its event will not have its effect, and does not come back when it is redelivered. The later events
 * of its key go on. Throws NOT_FOUND, and CONFLICT when it is resolved already.
 */
export async function discard<Tables>(db: Kysely<Tables>, { by, id }: { by: string; id: string }): Promise<void> {
  const { group, topic, key, eventId } = await findUnresolved(db, id);
  await db.transaction().execute(async (tx) => {
    const parked = { group, topic, key };
    await lockKey(tx, parked);
    if (!(await lockUnresolved(tx, id))) throw resolvedAlready(id);
    await announceSettled(tx, await resolveLetter(tx, id, 'discarded'), { resolution: 'discarded', by });
    if (eventId !== null) await once(tx, group, eventId);
    await insertAudit(tx, { id, group }, { who: by, what: 'discard', outcome: 'discarded' });
    await setDue(tx, parked, 0);
    await freeKeyIfEmpty(tx, parked);
  });
}

/**
 * Unresolved letters in the order they were set aside, at most `first` (up to 500) after the one with the id `after`.
 * Throws INVALID_PAGE_SIZE, INVALID_CURSOR.
 */
export async function listDeadLetters<Tables>(
  db: Kysely<Tables>,
  page: { group?: string; causeCode?: DeadLetterCause; first: number; after?: string },
): Promise<{ letters: readonly DeadLetter[]; hasMore: boolean }> {
  const { first, after } = page;
  if (!Number.isInteger(first) || first < 1 || first > maxListed)
    throw new AppError('INVALID_PAGE_SIZE', `A page has from 1 to ${maxListed} dead letters, not ${first}.`);
  const start = after === undefined ? undefined : await findLetter(db, after);
  if (after !== undefined && !start) throw new AppError('INVALID_CURSOR', `There is no dead letter ${after}.`);
  const letters = await selectLetters(db, { ...page, after: start?.sequence ?? '0', limit: first + 1 });
  return { letters: letters.slice(0, first), hasMore: letters.length > first };
}

/** One letter with its value, headers and what was done to it. Throws NOT_FOUND. */
export async function showDeadLetter<Tables>(db: Kysely<Tables>, id: string): Promise<DeadLetterDetails> {
  const [letter] = await showDeadLetters(db, [id]);
  if (!letter) throw notFound(id);
  return letter;
}

/** Those that there are among the ids, with their values, headers and what was done to them; two statements. */
export async function showDeadLetters<Tables>(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<DeadLetterDetails[]> {
  const letters = await findLetters(db, ids);
  const audits = await selectAudits(
    db,
    letters.map(({ id }) => id),
  );
  return letters.map((letter) => ({ ...letter, audit: audits.get(letter.id) ?? [] }));
}

async function findUnresolved<Tables>(db: Kysely<Tables>, id: string) {
  const letter = await findLetter(db, id);
  if (!letter) throw notFound(id);
  if (letter.resolvedAt !== null) throw resolvedAlready(id);
  return letter;
}

function notFound(id: string): AppError {
  return new AppError('NOT_FOUND', `There is no dead letter ${id} in this database.`);
}

function resolvedAlready(id: string): AppError {
  return new AppError('CONFLICT', `The dead letter ${id} is resolved already.`);
}
