import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostLikedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Notifier } from '../notifications/notifier.ts';

export const postLiked = (notifier: Notifier) =>
  on(PostLikedSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
    const { userId: actorId, postId, postAuthorId } = message;
    await notifier(tx, { kind: 'LIKE', userIds: [postAuthorId], actorId, about: { postId } });
  });
