import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';
import { forgetPost } from '../likes/like-erasure.ts';

export const postDeleted = ({ timelines, likeCounts }: Deps) =>
  on(PostDeletedSchema, async ({ message }, { tx, afterCommit }: HandlerContext<Tables>) => {
    await timelines.removePost(tx, message);
    await forgetPost(tx, message.postId);
    afterCommit(() => likeCounts.purge([message.postId]));
  });
