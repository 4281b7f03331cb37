import { AppError } from '@nova/errors';

export type Post = {
  readonly id: string;
  readonly authorId: string;
  readonly body: string;
  readonly createdAt: Date;
};

const maxBodyLength = 5_000;

/** The body as it is stored. Throws BAD_USER_INPUT when it is empty or too long. */
export function postBody(text: string): string {
  const body = text.trim();
  const length = [...body].length;
  if (length >= 1 && length <= maxBodyLength) return body;
  throw new AppError('BAD_USER_INPUT', `A post has 1 to ${maxBodyLength} characters, not ${length}.`, {
    details: { field: 'body', length, limit: maxBodyLength },
  });
}

/** Who acts: a user with the permissions that the gateway vouches for. */
export type Actor = { readonly userId: string; readonly permissions: readonly string[] };

/** Throws FORBIDDEN unless the actor wrote the post or moderates posts. */
export function requirePostDeletion(post: Post, actor: Actor): void {
  if (post.authorId !== actor.userId && !actor.permissions.includes('delete:post'))
    throw new AppError('FORBIDDEN', 'Only its author or a moderator may delete a post.');
}

export function postNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The post does not exist.', { details: { id } });
}
