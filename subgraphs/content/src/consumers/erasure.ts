import { timestampNow } from '@bufbuild/protobuf/wkt';
import { on } from '@nova/events';
import { append, type EventOrigin, type HandlerContext } from '@nova/outbox';
import { ErasureContinuedSchema, UserDataErasedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { deleteCommentsOfPosts, eraseComments, eraseDeletedComments } from '../comments/comment-erasure.ts';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';
import { lockPosts } from '../posts/erasure-repository.ts';
import { eraseDeletedPosts, eraseMentions, erasePosts } from '../posts/post-erasure.ts';

export const erasureRequested = (deps: Deps) =>
  on(ErasureRequestedSchema, (event, context: HandlerContext<Tables>) => eraseSome(event, context, deps));

export const erasureContinued = (deps: Deps) =>
  on(ErasureContinuedSchema, (event, context: HandlerContext<Tables>) => eraseSome(event, context, deps));

type Asked = EventOrigin & { readonly message: { readonly userId: string } };

const steps = [erasePosts, eraseDeletedPosts, eraseComments, eraseDeletedComments, eraseMentions];

/**
 * Erases a bounded part of what a person wrote. An event of the same key begins the next part, in a transaction of its own, so that
 * a person who wrote much holds up nobody, and what a crash interrupts goes on where it was. What is erased is found by what is
 * left, so that repeats do no harm.
 */
async function eraseSome(
  { message: { userId }, correlationId, traceparent }: Asked,
  { tx, afterCommit }: HandlerContext<Tables>,
  { storedPosts }: Deps,
) {
  const origin = { correlationId, traceparent };
  const erased = (postIds: readonly string[]) => afterCommit(() => storedPosts.purge(postIds));
  for (const step of steps) {
    const hasMore = await step(tx, { userId, origin, deleteCommentsOfPosts, lockPosts, erased });
    if (hasMore) return append(tx, ErasureContinuedSchema, { aggregateId: userId, message: { userId }, origin });
  }
  const message = { userId, erasedAt: timestampNow() };
  return append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
