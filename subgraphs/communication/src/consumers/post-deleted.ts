import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { noteDeletion } from '../notifications/subject-deletion.ts';

/** The comments under it are gone with it. */
export const postDeleted = on(PostDeletedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  noteDeletion(tx, message.postId),
);
