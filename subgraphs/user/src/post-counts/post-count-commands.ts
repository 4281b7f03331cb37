import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendProfileChanged } from '../profiles/profile-events.ts';
import { changePostCount } from './post-count-repository.ts';

/** A post of the user came (1) or went (-1). */
export async function countPost(
  tx: Transaction<Tables>,
  { userId, change }: { readonly userId: string; readonly change: 1 | -1 },
  origin: EventOrigin,
): Promise<void> {
  await changePostCount(tx, userId, change);
  await appendProfileChanged(tx, userId, origin);
}
