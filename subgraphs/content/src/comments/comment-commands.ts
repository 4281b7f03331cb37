import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Actor, type Comment, commentBody, commentNotFound, requireCommentDeletion } from './comment.ts';
import { appendCommentAdded, appendCommentDeleted } from './comment-events.ts';
import {
  findComments,
  findPostOfComment,
  insertComment,
  lockComment,
  markCommentDeleted,
  markCommentsOfPostDeleted,
} from './comment-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

export type CommentCommands = {
  /** Throws BAD_USER_INPUT for a body that is empty or too long, NOT_FOUND without the post. */
  add(input: { postId: string; authorId: string; body: string }, origin: Origin): Promise<Comment>;
  /** Throws NOT_FOUND, or FORBIDDEN for another's comment without the permission for that. */
  delete(input: { id: string; actor: Actor }, origin: Origin): Promise<void>;
};

export function createCommentCommands(deps: {
  db: Kysely<Tables>;
  requirePost: (tx: Transaction<Tables>, postId: string) => Promise<unknown>;
}): CommentCommands {
  return {
    add({ postId, authorId, body }, origin) {
      const accepted = commentBody(body);
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            await deps.requirePost(tx, postId);
            const comment = await insertComment(tx, { postId, authorId, body: accepted });
            await appendCommentAdded(tx, { comment, origin });
            return comment;
          },
          idOf: (comment) => comment.id,
          async earlier(id) {
            const [comment] = await findComments(tx, [id]);
            if (!comment) throw commentNotFound(id);
            return comment;
          },
        }),
      );
    },
    delete({ id, actor }, origin) {
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const postId = await findPostOfComment(tx, id);
            if (!postId) throw commentNotFound(id);
            await deps.requirePost(tx, postId);
            const comment = await lockComment(tx, id);
            if (!comment) throw commentNotFound(id);
            requireCommentDeletion(comment, actor);
            await markCommentDeleted(tx, id, actor.userId);
            await appendCommentDeleted(tx, { comment, deletedBy: actor.userId, origin });
          },
          idOf: () => id,
          // Deleted it stays.
          earlier: async () => undefined,
        }),
      );
    },
  };
}

/** What deleting a post does to its comments, inside the same transaction. */
export function deleteCommentsOfPost(tx: Transaction<Tables>, postId: string, deletedBy: string): Promise<void> {
  return markCommentsOfPostDeleted(tx, postId, deletedBy);
}
