import type { Deps } from '../deps.ts';
import { erasureRequested } from './erasure-requested.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';
import { userFollowed } from './user-followed.ts';
import { userUnfollowed } from './user-unfollowed.ts';

/** What social listens to, itself included: timelines follow the relations. */
export function createConsumers(deps: Deps) {
  return [postCreated, postDeleted, userFollowed, userUnfollowed, erasureRequested].map((consumer) => consumer(deps));
}
