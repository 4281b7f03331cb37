import { AppError } from '@nova/errors';

/** Somebody's like, as the connection of its post lists it. */
export type Like = {
  /** Of the like itself: later ones have greater ids. */
  readonly id: string;
  readonly postId: string;
  readonly userId: string;
  readonly likedAt: Date;
};

/** Somebody's like, as the connection of that person lists it. */
export type OwnLike = {
  /** Of the post. */
  readonly id: string;
  readonly likedAt: Date;
};

/** A post as far as liking it goes. */
export type LikedPost = { readonly id: string; readonly authorId: string };

export function postNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The post does not exist.', { details: { id } });
}
