import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { changePostCount } from '../post-counts/post-count-repository.ts';

export const postCreated = on(PostCreatedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  changePostCount(tx, message.authorId, 1),
);
