import type { CallCause } from '@nova/rpc';
import type { PostDocument, Told, UserDocument } from './document.ts';

/** Whom search asks what is to be found: the owners of profiles and posts, in its own name. All throw SERVICE_UNAVAILABLE while they are away. */
export type Sources = {
  /** What is asked at the same time is one call; none begins before it is asked for, so that its answer is not older. */
  readonly user: (id: string, cause: CallCause) => Promise<Told<UserDocument>>;
  readonly post: (id: string, cause: CallCause) => Promise<Told<PostDocument>>;
  /** Everybody who may be found, and every post that everybody may see, in batches of at most 1 000. */
  readonly allUsers: (walk: Walk) => AsyncIterable<readonly UserDocument[]>;
  readonly allPosts: (walk: Walk) => AsyncIterable<readonly PostDocument[]>;
};

export type Walk = { readonly cause: CallCause; readonly signal: AbortSignal };
