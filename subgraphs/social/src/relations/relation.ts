import { AppError } from '@nova/errors';

/** How somebody stands to another. */
export type Relation = {
  readonly otherId: string;
  readonly follows: boolean;
  readonly isFollowedBy: boolean;
  readonly blocks: boolean;
  readonly isBlockedBy: boolean;
};

/** Who acts, and on whom. */
export type Pair = { readonly actorId: string; readonly otherId: string };

/** One end of a follow, as the connection of the other end lists it. */
export type Follow = {
  /** Of the follow itself: later ones have greater ids. */
  readonly id: string;
  /** Whose connection it is in. */
  readonly ownerId: string;
  readonly userId: string;
  readonly followedAt: Date;
};

/** A block, as the connection of who blocks lists it. */
export type OwnBlock = {
  /** Of the person who is blocked. */
  readonly id: string;
  readonly blockedAt: Date;
};

/** A feed merges what it cannot push, author by author: this bounds its work. */
export const maxFollowing = 5_000;

/** Throws BAD_USER_INPUT when somebody acts on themselves. */
export function requireAnother({ actorId, otherId }: Pair): void {
  if (actorId === otherId)
    throw new AppError('BAD_USER_INPUT', 'You cannot do this to yourself.', { details: { field: 'userId' } });
}

/** Throws FORBIDDEN when one of the two blocks the other; it does not say which. */
export function requireNoBlock({ blocks, isBlockedBy }: Relation): void {
  if (blocks || isBlockedBy) throw new AppError('FORBIDDEN', 'One of you blocks the other.');
}

/** Throws RESOURCE_EXHAUSTED for who follows as many as may be. */
export function requireRoomToFollow(following: number): void {
  if (following >= maxFollowing)
    throw new AppError('RESOURCE_EXHAUSTED', `Nobody follows more than ${maxFollowing} people.`, {
      details: { limit: maxFollowing },
    });
}

export function userNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The user does not exist.', { details: { id } });
}
