import type { Deps } from '../deps.ts';
import { erasureRequested } from './erasure-requested.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';
import { postUnliked } from './post-unliked.ts';
import { userFollowed } from './user-followed.ts';
import { userUnfollowed } from './user-unfollowed.ts';

/** What social listens to, itself included: timelines follow the relations. */
export function createConsumers(deps: Deps) {
  return [postCreated, postDeleted, postUnliked, userFollowed, userUnfollowed, erasureRequested].map((consumer) =>
    consumer(deps),
  );
}
