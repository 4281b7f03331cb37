import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { deleteMember, lockMembers } from './member-repository.ts';
import { endFollows } from './relation-commands.ts';
import { deleteBlocksBetween, listRelated } from './relation-repository.ts';

const batchSize = 500;
const beforeAll = '00000000-0000-0000-0000-000000000000';

/** Ends all follows and blocks of a user, who is locked, in both directions, with the events that others count by. */
export async function eraseRelations(tx: Transaction<Tables>, userId: string, origin: EventOrigin): Promise<void> {
  for (let afterId = beforeAll; ; ) {
    const otherIds = await listRelated(tx, userId, { afterId, limit: batchSize });
    if (otherIds.length > 0) {
      await lockMembers(tx, otherIds);
      await endFollows(tx, { userId, otherIds }, origin);
      await deleteBlocksBetween(tx, userId, otherIds);
    }
    const last = otherIds.at(-1);
    if (last === undefined || otherIds.length < batchSize) break;
    afterId = last;
  }
  await deleteMember(tx, userId);
}
