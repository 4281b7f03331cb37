import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserFollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { countFollow } from '../follow-counts/follow-count-commands.ts';

export const userFollowed = on(UserFollowedSchema, (event, { tx }: HandlerContext<Tables>) => {
  const { followerId, followeeId } = event.message;
  return countFollow(tx, { followerId, followeeId, change: 1 }, event);
});
