import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Comment, commentBody, commentNotFound, requireCommentAuthor } from './comment.ts';
import { insertComment, lockComment, markCommentDeleted, markCommentsOfPostDeleted } from './comment-repository.ts';

export type CommentCommands = {
  /** Throws BAD_USER_INPUT for a body that is empty or too long, NOT_FOUND without the post. */
  add(input: { postId: string; authorId: string; body: string }): Promise<Comment>;
  /** Throws NOT_FOUND, or FORBIDDEN for another's comment. */
  delete(input: { id: string; userId: string }): Promise<void>;
};

export function createCommentCommands(deps: {
  db: Kysely<Tables>;
  requirePost: (tx: Transaction<Tables>, postId: string) => Promise<unknown>;
}): CommentCommands {
  return {
    add({ postId, authorId, body }) {
      const accepted = commentBody(body);
      return deps.db.transaction().execute(async (tx) => {
        await deps.requirePost(tx, postId);
        return insertComment(tx, { postId, authorId, body: accepted });
      });
    },
    delete({ id, userId }) {
      return deps.db.transaction().execute(async (tx) => {
        const comment = await lockComment(tx, id);
        if (!comment) throw commentNotFound(id);
        requireCommentAuthor(comment, userId);
        await markCommentDeleted(tx, id, userId);
      });
    },
  };
}

/** What deleting a post does to its comments, inside the same transaction. */
export function deleteCommentsOfPost(tx: Transaction<Tables>, postId: string, deletedBy: string): Promise<void> {
  return markCommentsOfPostDeleted(tx, postId, deletedBy);
}
