import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import {
  UserBlockedSchema,
  UserFollowedSchema,
  UserUnblockedSchema,
  UserUnfollowedSchema,
} from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Pair } from './relation.ts';

/** Events of the one who acts, who is locked while they are written. */
type FollowEvent = { readonly followerId: string; readonly followeeId: string; readonly origin: EventOrigin };
type BlockEvent = Pair & { readonly origin: EventOrigin };

export function appendUserFollowed(tx: AnyTransaction, event: FollowEvent & { followedAt: Date }): Promise<void> {
  const { followerId, followeeId, followedAt, origin } = event;
  const message = { followerId, followeeId, followedAt: timestampFromDate(followedAt) };
  return append(tx, UserFollowedSchema, { aggregateId: followerId, message, origin });
}

export function appendUserUnfollowed(tx: AnyTransaction, event: FollowEvent): Promise<void> {
  const { followerId, followeeId, origin } = event;
  return append(tx, UserUnfollowedSchema, { aggregateId: followerId, message: { followerId, followeeId }, origin });
}

export function appendUserBlocked(tx: AnyTransaction, { actorId, otherId, origin }: BlockEvent): Promise<void> {
  const message = { blockerId: actorId, blockedId: otherId };
  return append(tx, UserBlockedSchema, { aggregateId: actorId, message, origin });
}

export function appendUserUnblocked(tx: AnyTransaction, { actorId, otherId, origin }: BlockEvent): Promise<void> {
  const message = { blockerId: actorId, blockedId: otherId };
  return append(tx, UserUnblockedSchema, { aggregateId: actorId, message, origin });
}
