import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { append, type EventOrigin } from '@nova/outbox';
import { UserDataErasedSchema } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { erasedBy, requireNoneErased } from './erasure.ts';
import { findErasedUsers, insertErasedUser, lockUsers } from './erasure-repository.ts';

/** The erased ones among the users; until the transaction ends no other of them is erased. */
export async function erasedAmong(tx: Transaction<Tables>, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  await lockUsers(tx, userIds, 'shared');
  return findErasedUsers(tx, userIds);
}

/** As `erasedAmong`, and until the transaction ends nothing else happens to them either. */
export async function erasedAmongAlone(
  tx: Transaction<Tables>,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  await lockUsers(tx, userIds, 'exclusive');
  return findErasedUsers(tx, userIds);
}

/** Throws ACCOUNT_INACTIVE when somebody is erased; until the transaction ends none of them is. */
export async function requirePresent(tx: Transaction<Tables>, userIds: readonly string[]): Promise<void> {
  requireNoneErased(await erasedAmong(tx, userIds));
}

/** As `requirePresent` of one, who then does one thing at a time. */
export async function requirePresentAlone(tx: Transaction<Tables>, userId: string): Promise<void> {
  requireNoneErased(await erasedAmongAlone(tx, [userId]));
}

/** Runs the parts, which each take the user out of one noun, and tells that it was done. */
export async function eraseUser(
  tx: Transaction<Tables>,
  userId: string,
  {
    parts,
    origin,
  }: {
    parts: readonly ((tx: Transaction<Tables>, userId: string, erasedBy: string) => Promise<void>)[];
    origin: EventOrigin;
  },
): Promise<void> {
  await lockUsers(tx, [userId], 'exclusive');
  const erasedAt = await insertErasedUser(tx, userId);
  for (const erase of parts) await erase(tx, userId, erasedBy);
  const message = { userId, erasedAt: timestampFromDate(erasedAt) };
  await append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
