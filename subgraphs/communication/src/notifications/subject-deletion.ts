import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  hasDeletedSubject,
  insertDeletedSubject,
  lockSubjects,
  markDrained,
  takeUndrainedSubject,
} from './deleted-subject-repository.ts';
import type { Subject } from './notification.ts';
import { type Batch, deleteNotificationsAbout } from './notification-repository.ts';

/** From here on nobody is told of the post or comment; what was told of it is deleted later, in transactions of a bounded size. */
export async function noteDeletion(tx: Transaction<Tables>, subjectId: string): Promise<void> {
  await lockSubjects(tx, [subjectId], 'exclusive');
  await insertDeletedSubject(tx, subjectId);
}

/** Whether its post or comment was deleted; until the transaction ends neither is. */
export async function isAnyDeleted(tx: Transaction<Tables>, { postId, commentId }: Subject): Promise<boolean> {
  const subjectIds = [postId, commentId].filter((id) => id !== null);
  if (subjectIds.length === 0) return false;
  await lockSubjects(tx, subjectIds, 'shared');
  return hasDeletedSubject(tx, subjectIds);
}

/** Deletes some of what was told of one deleted subject. `more` tells whether there may be some left, of it or of others. */
export async function drainDeletedSubject(tx: Transaction<Tables>, batch: Batch): Promise<{ more: boolean }> {
  const subjectId = await takeUndrainedSubject(tx);
  if (subjectId === undefined) return { more: false };
  await deleteNotificationsAbout(tx, { subjectId, batch });
  await markDrained(tx, subjectId);
  return { more: true };
}
