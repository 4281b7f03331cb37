import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserFollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Notifier } from '../notifications/notifier.ts';

export const userFollowed = (notifier: Notifier) =>
  on(UserFollowedSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
    const { followerId: actorId, followeeId } = message;
    await notifier(tx, { kind: 'FOLLOW', userIds: [followeeId], actorId });
  });
