import type { Notifier } from '../notifications/notifier.ts';
import { commentAdded } from './comment-added.ts';
import { commentDeleted } from './comment-deleted.ts';
import { erasureRequested } from './erasure-requested.ts';
import { messageSent } from './message-sent.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';
import { postLiked } from './post-liked.ts';
import { postUnliked } from './post-unliked.ts';
import { userBlocked } from './user-blocked.ts';
import { userFollowed } from './user-followed.ts';
import { userUnblocked } from './user-unblocked.ts';
import { userUnfollowed } from './user-unfollowed.ts';

/** What communication listens to. */
export function createConsumers(notifier: Notifier) {
  return [
    userFollowed(notifier),
    postLiked(notifier),
    commentAdded(notifier),
    postCreated(notifier),
    messageSent(notifier),
    postUnliked,
    userUnfollowed,
    commentDeleted,
    postDeleted,
    userBlocked,
    userUnblocked,
    erasureRequested,
  ];
}
