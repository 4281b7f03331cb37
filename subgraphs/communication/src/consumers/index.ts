import type { Notifier } from '../notifications/notifier.ts';
import { commentAdded } from './comment-added.ts';
import { erasureRequested } from './erasure-requested.ts';
import { messageSent } from './message-sent.ts';
import { postCreated } from './post-created.ts';
import { postLiked } from './post-liked.ts';
import { userBlocked } from './user-blocked.ts';
import { userFollowed } from './user-followed.ts';
import { userUnblocked } from './user-unblocked.ts';

/** What communication listens to. */
export function createConsumers(notifier: Notifier) {
  return [
    userFollowed(notifier),
    postLiked(notifier),
    commentAdded(notifier),
    postCreated(notifier),
    messageSent(notifier),
    userBlocked,
    userUnblocked,
    erasureRequested,
  ];
}
