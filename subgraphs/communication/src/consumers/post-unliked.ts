import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostUnlikedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { withdrawActor } from '../notifications/notification-repository.ts';

export const postUnliked = on(PostUnlikedSchema, ({ message }, { tx }: HandlerContext<Tables>) => {
  const { userId: actorId, postId, postAuthorId: userId } = message;
  return withdrawActor(tx, { kind: 'LIKE', actorId, userId, postId });
});
