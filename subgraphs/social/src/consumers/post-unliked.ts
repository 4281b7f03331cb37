import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { PostUnlikedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';

/** Of likes that ended with an erasure, for which no command purges. */
export const postUnliked = ({ likeCounts }: Deps) =>
  on(PostUnlikedSchema, ({ message }, _context: HandlerContext<Tables>) => likeCounts.purge([message.postId]));
