import type { Deps } from '../deps.ts';
import { accountRegistered } from './account-registered.ts';
import { assetDeleted } from './asset-deleted.ts';
import { erasureRequested } from './erasure-requested.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';
import { userDataErased } from './user-data-erased.ts';
import { userFollowed } from './user-followed.ts';
import { userUnfollowed } from './user-unfollowed.ts';

/** What user listens to. */
export function createConsumers(deps: Deps) {
  return [
    accountRegistered,
    postCreated,
    postDeleted,
    userFollowed,
    userUnfollowed,
    assetDeleted(deps),
    erasureRequested(deps),
    ...userDataErased,
  ];
}
