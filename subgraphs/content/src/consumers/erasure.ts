import { timestampNow } from '@bufbuild/protobuf/wkt';
import { on } from '@nova/events';
import { append, type EventOrigin, type HandlerContext } from '@nova/outbox';
import { ErasureContinuedSchema, UserDataErasedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Transaction } from 'kysely';
import { deleteCommentsOfPosts, eraseComments, eraseDeletedComments } from '../comments/comment-erasure.ts';
import type { Tables } from '../db/tables.ts';
import { lockPosts } from '../posts/erasure-repository.ts';
import { eraseDeletedPosts, eraseMentions, erasePosts } from '../posts/post-erasure.ts';

export const erasureRequested = on(ErasureRequestedSchema, (event, { tx }: HandlerContext<Tables>) =>
  eraseSome(tx, event.message.userId, event),
);

export const erasureContinued = on(ErasureContinuedSchema, (event, { tx }: HandlerContext<Tables>) =>
  eraseSome(tx, event.message.userId, event),
);

const steps = [erasePosts, eraseDeletedPosts, eraseComments, eraseDeletedComments, eraseMentions];

/**
 * Erases a bounded part of what a person wrote. An event of the same key begins the next part, in a transaction of its own, so that
 * a person who wrote much holds up nobody, and what a crash interrupts goes on where it was. What is erased is found by what is
 * left, so that repeats do no harm.
 */
async function eraseSome(tx: Transaction<Tables>, userId: string, { correlationId, traceparent }: EventOrigin) {
  const origin = { correlationId, traceparent };
  for (const step of steps) {
    const hasMore = await step(tx, { userId, origin, deleteCommentsOfPosts, lockPosts });
    if (hasMore) return append(tx, ErasureContinuedSchema, { aggregateId: userId, message: { userId }, origin });
  }
  const message = { userId, erasedAt: timestampNow() };
  return append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
