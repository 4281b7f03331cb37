import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';

export const erasureRequested = ({ erase, likeCounts }: Deps) =>
  on(ErasureRequestedSchema, (event, { tx, afterCommit }: HandlerContext<Tables>) => {
    const { message, correlationId, traceparent } = event;
    const recounted = (postIds: readonly string[]) => afterCommit(() => likeCounts.purge(postIds));
    return erase(tx, message.userId, { correlationId, traceparent, recounted });
  });
