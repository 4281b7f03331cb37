import { AppError } from '@nova/errors';

export type Comment = {
  readonly id: string;
  readonly postId: string;
  /** The comment that it answers; null for a comment on the post itself. */
  readonly parentId: string | null;
  readonly authorId: string;
  readonly body: string;
  readonly createdAt: Date;
};

/** A comment with what decides, besides its author, who sees it. */
export type CommentOnPost = Comment & {
  readonly postAuthorId: string;
  readonly postVisibility: 'PUBLIC' | 'FOLLOWERS';
};

const maxBodyLength = 2_000;

/** Comments on a post have depth 1, answers to them 2, and so on. */
export const maxDepth = 5;

/** The body as it is stored. Throws BAD_USER_INPUT when it is empty or too long. */
export function commentBody(text: string): string {
  const body = text.trim();
  const length = [...body].length;
  if (length >= 1 && length <= maxBodyLength) return body;
  throw new AppError('BAD_USER_INPUT', `A comment has 1 to ${maxBodyLength} characters, not ${length}.`, {
    details: { field: 'body', length, limit: maxBodyLength },
  });
}

/** Throws BAD_USER_INPUT when answers to a comment of that depth would be too deep. */
export function requireRoomBelow(parentDepth: number): void {
  if (parentDepth >= maxDepth)
    throw new AppError('BAD_USER_INPUT', `Comments answer each other at most ${maxDepth} levels deep.`, {
      details: { field: 'parentId', depth: parentDepth + 1, limit: maxDepth },
    });
}

/** Who acts: a user with the permissions that the gateway vouches for. */
export type Actor = { readonly userId: string; readonly permissions: readonly string[] };

/** Throws FORBIDDEN unless the actor wrote the comment or moderates comments. */
export function requireCommentDeletion(comment: Comment, actor: Actor): void {
  if (comment.authorId !== actor.userId && !actor.permissions.includes('delete:comment'))
    throw new AppError('FORBIDDEN', 'Only its author or a moderator may delete a comment.');
}

export function commentNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The comment does not exist.', { details: { id } });
}
