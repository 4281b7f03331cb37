import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { countPost } from '../post-counts/post-count-commands.ts';

export const postCreated = on(PostCreatedSchema, (event, { tx }: HandlerContext<Tables>) =>
  countPost(tx, { userId: event.message.authorId, change: 1 }, event),
);
