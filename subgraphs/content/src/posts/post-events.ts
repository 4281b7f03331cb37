import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import {
  PostCreatedSchema,
  PostDeletedSchema,
  PostEditedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Post } from './post.ts';

/** Events of one post: the origin is the request that changed it. */
type PostEvent = { readonly post: Pick<Post, 'id' | 'authorId'>; readonly origin: EventOrigin };

export function appendPostCreated(
  tx: AnyTransaction,
  event: PostEvent & { post: Post; mediaIds: readonly string[]; mentionedUserIds: readonly string[] },
): Promise<void> {
  const { post, origin, mediaIds, mentionedUserIds } = event;
  const message = {
    postId: post.id,
    authorId: post.authorId,
    createdAt: timestampFromDate(post.createdAt),
    mediaIds: [...mediaIds],
    mentionedUserIds: [...mentionedUserIds],
  };
  return append(tx, PostCreatedSchema, { aggregateId: post.id, message, origin });
}

export function appendPostEdited(tx: AnyTransaction, event: PostEvent & { editedAt: Date }): Promise<void> {
  const { post, editedAt, origin } = event;
  const message = { postId: post.id, authorId: post.authorId, editedAt: timestampFromDate(editedAt) };
  return append(tx, PostEditedSchema, { aggregateId: post.id, message, origin });
}

export function appendPostDeleted(
  tx: AnyTransaction,
  event: PostEvent & { deletedBy: string; mediaIds: readonly string[] },
): Promise<void> {
  const { post, deletedBy, mediaIds, origin } = event;
  const message = { postId: post.id, authorId: post.authorId, deletedBy, mediaIds: [...mediaIds] };
  return append(tx, PostDeletedSchema, { aggregateId: post.id, message, origin });
}
