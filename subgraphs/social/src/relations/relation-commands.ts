import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { deleteFollow, deleteFollowsBetween, insertFollow } from './follow-repository.ts';
import { countFollowing, countFollows, lockMembers } from './member-repository.ts';
import { type Pair, type Relation, requireAnother, requireNoBlock, requireRoomToFollow } from './relation.ts';
import { appendUserBlocked, appendUserFollowed, appendUserUnblocked, appendUserUnfollowed } from './relation-events.ts';
import { deleteBlock, insertBlock, listRelations } from './relation-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

/** What is so already stays so, without an event. All throw BAD_USER_INPUT for who acts on themselves. */
export type RelationCommands = {
  /** Throws FORBIDDEN across a block, RESOURCE_EXHAUSTED for who follows too many. */
  follow(pair: Pair, origin: Origin): Promise<void>;
  unfollow(pair: Pair, origin: Origin): Promise<void>;
  /** Ends follows between the two, both ways. */
  block(pair: Pair, origin: Origin): Promise<void>;
  unblock(pair: Pair, origin: Origin): Promise<void>;
};

type Change = (tx: Transaction<Tables>, pair: Pair, origin: Origin) => Promise<void>;

export function createRelationCommands({ db }: { db: Kysely<Tables> }): RelationCommands {
  const command =
    (change: Change) =>
    (pair: Pair, origin: Origin): Promise<void> => {
      requireAnother(pair);
      return db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          effect: () => change(tx, pair, origin),
          // A key that names nobody can be kept when somebody is erased.
          idOf: () => 'done',
          earlier: async () => undefined,
        }),
      );
    };
  return { follow: command(follow), unfollow: command(unfollow), block: command(block), unblock: command(unblock) };
}

/** Locks who acts until the transaction ends: their events come in the order of what they do. */
export function lockActor(tx: Transaction<Tables>, actorId: string): Promise<void> {
  return lockMembers(tx, [actorId]);
}

/** Throws FORBIDDEN when one of the two blocks the other. No block begins or ends while one of them is locked. */
export async function requireReach(tx: Transaction<Tables>, pair: Pair): Promise<void> {
  requireNoBlock(await relationOf(tx, pair));
}

function lockPair(tx: Transaction<Tables>, { actorId, otherId }: Pair): Promise<void> {
  return lockMembers(tx, [actorId, otherId]);
}

async function relationOf(tx: Transaction<Tables>, { actorId, otherId }: Pair): Promise<Relation> {
  const [relation] = await listRelations(tx, actorId, [otherId]);
  return relation as Relation;
}

async function follow(tx: Transaction<Tables>, pair: Pair, origin: Origin): Promise<void> {
  await lockPair(tx, pair);
  await requireReach(tx, pair);
  const link = { followerId: pair.actorId, followeeId: pair.otherId };
  const followedAt = await insertFollow(tx, link);
  if (!followedAt) return;
  requireRoomToFollow(await countFollowing(tx, pair.actorId));
  await countFollows(tx, [link], 1);
  await appendUserFollowed(tx, { ...link, followedAt, origin });
}

async function unfollow(tx: Transaction<Tables>, pair: Pair, origin: Origin): Promise<void> {
  // Who never had to do with anybody gets no row to lock.
  if (!(await relationOf(tx, pair)).follows) return;
  await lockPair(tx, pair);
  const link = { followerId: pair.actorId, followeeId: pair.otherId };
  if (!(await deleteFollow(tx, link))) return;
  await countFollows(tx, [link], -1);
  await appendUserUnfollowed(tx, { ...link, origin });
}

async function block(tx: Transaction<Tables>, pair: Pair, origin: Origin): Promise<void> {
  await lockPair(tx, pair);
  if (!(await insertBlock(tx, pair))) return;
  await endFollows(tx, { userId: pair.actorId, otherIds: [pair.otherId] }, origin);
  await appendUserBlocked(tx, { ...pair, origin });
}

async function unblock(tx: Transaction<Tables>, pair: Pair, origin: Origin): Promise<void> {
  if (!(await relationOf(tx, pair)).blocks) return;
  await lockPair(tx, pair);
  if (await deleteBlock(tx, pair)) await appendUserUnblocked(tx, { ...pair, origin });
}

/** Ends a user's follows with others, who are all locked, in both directions. */
export async function endFollows(
  tx: Transaction<Tables>,
  { userId, otherIds }: { readonly userId: string; readonly otherIds: readonly string[] },
  origin: EventOrigin,
): Promise<void> {
  const ended = await deleteFollowsBetween(tx, userId, otherIds);
  if (ended.length === 0) return;
  await countFollows(tx, ended, -1);
  for (const link of ended) await appendUserUnfollowed(tx, { ...link, origin });
}
