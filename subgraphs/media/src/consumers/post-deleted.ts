import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { deletePostMedia } from '../assets/owner-commands.ts';
import type { Tables } from '../db/tables.ts';

/** What a post showed goes with it. */
export const postDeleted = on(PostDeletedSchema, (event, { tx }: HandlerContext<Tables>) =>
  deletePostMedia(tx, event.message, event),
);
