import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { PostLikedSchema, PostUnlikedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { LikedPost } from './like.ts';

/** Events of the one who likes, who is locked while they are written. */
type LikeEvent = { readonly userId: string; readonly post: LikedPost; readonly origin: EventOrigin };

export function appendPostLiked(tx: AnyTransaction, event: LikeEvent & { likedAt: Date }): Promise<void> {
  const { userId, post, likedAt, origin } = event;
  const message = { userId, postId: post.id, postAuthorId: post.authorId, likedAt: timestampFromDate(likedAt) };
  return append(tx, PostLikedSchema, { aggregateId: userId, message, origin });
}

export function appendPostUnliked(tx: AnyTransaction, { userId, post, origin }: LikeEvent): Promise<void> {
  const message = { userId, postId: post.id, postAuthorId: post.authorId };
  return append(tx, PostUnlikedSchema, { aggregateId: userId, message, origin });
}
