import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { CommentAddedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Notifier } from '../notifications/notifier.ts';

/** Who wrote the comment that it answers is told of a reply, and the post's author, unless that is the same, of a comment. */
export const commentAdded = (notifier: Notifier) =>
  on(CommentAddedSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
    const { authorId: actorId, commentId, postId, postAuthorId, parentAuthorId } = message;
    const told = { actorId, about: { commentId, postId } };
    if (parentAuthorId !== '') await notifier(tx, { ...told, kind: 'REPLY', userIds: [parentAuthorId] });
    // Events of an older producer do not say whose post it is.
    if (postAuthorId !== '' && postAuthorId !== parentAuthorId)
      await notifier(tx, { ...told, kind: 'COMMENT', userIds: [postAuthorId] });
  });
