import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { CommentAddedSchema, CommentDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { Comment } from './comment.ts';

/** Events of one comment, in the order of its post's: the post is locked while they are written. */
type CommentEvent = { readonly comment: Comment; readonly origin: EventOrigin };

export function appendCommentAdded(
  tx: AnyTransaction,
  event: CommentEvent & { postAuthorId: string; parentAuthorId: string | undefined },
): Promise<void> {
  const { comment, postAuthorId, parentAuthorId = '', origin } = event;
  const { id: commentId, postId, parentId, authorId, createdAt } = comment;
  const message = {
    commentId,
    postId,
    authorId,
    createdAt: timestampFromDate(createdAt),
    postAuthorId,
    parentCommentId: parentId ?? '',
    parentAuthorId,
  };
  return append(tx, CommentAddedSchema, { aggregateId: postId, message, origin });
}

export function appendCommentDeleted(
  tx: AnyTransaction,
  event: { comment: Pick<Comment, 'id' | 'postId' | 'authorId'>; origin: EventOrigin; deletedBy: string },
): Promise<void> {
  const { comment, deletedBy, origin } = event;
  const message = { commentId: comment.id, postId: comment.postId, authorId: comment.authorId, deletedBy };
  return append(tx, CommentDeletedSchema, { aggregateId: comment.postId, message, origin });
}
