import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Notifier } from '../notifications/notifier.ts';

export const postCreated = (notifier: Notifier) =>
  on(PostCreatedSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
    const { authorId: actorId, postId, mentionedUserIds: userIds } = message;
    await notifier(tx, { kind: 'MENTION', userIds, actorId, about: { postId } });
  });
