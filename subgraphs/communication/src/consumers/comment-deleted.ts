import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { CommentDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { noteDeletion } from '../notifications/subject-deletion.ts';

export const commentDeleted = on(CommentDeletedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  noteDeletion(tx, message.commentId),
);
