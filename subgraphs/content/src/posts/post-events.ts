import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { PostCreatedSchema, PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Post } from './post.ts';

/** Events of one post: the origin is the request that changed it. */
type PostEvent = { readonly post: Post; readonly origin: EventOrigin };

export function appendPostCreated(tx: AnyTransaction, { post, origin }: PostEvent): Promise<void> {
  const message = { postId: post.id, authorId: post.authorId, createdAt: timestampFromDate(post.createdAt) };
  return append(tx, PostCreatedSchema, { aggregateId: post.id, message, origin });
}

export function appendPostDeleted(tx: AnyTransaction, event: PostEvent & { deletedBy: string }): Promise<void> {
  const { post, deletedBy, origin } = event;
  const message = { postId: post.id, authorId: post.authorId, deletedBy };
  return append(tx, PostDeletedSchema, { aggregateId: post.id, message, origin });
}
