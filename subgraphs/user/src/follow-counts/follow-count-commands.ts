import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendProfileChanged } from '../profiles/profile-events.ts';
import { changeFollowCounts } from './follow-count-repository.ts';

/** One began (1) or ceased (-1) to follow another. */
export async function countFollow(
  tx: Transaction<Tables>,
  follow: { readonly followerId: string; readonly followeeId: string; readonly change: 1 | -1 },
  origin: EventOrigin,
): Promise<void> {
  const { followerId, followeeId, change } = follow;
  await changeFollowCounts(tx, [
    { userId: followerId, followers: 0, following: change },
    { userId: followeeId, followers: change, following: 0 },
  ]);
  await appendProfileChanged(tx, followerId, origin);
  await appendProfileChanged(tx, followeeId, origin);
}
