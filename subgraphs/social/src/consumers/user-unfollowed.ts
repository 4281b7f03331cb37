import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserUnfollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';

export const userUnfollowed = ({ timelines }: Deps) =>
  on(UserUnfollowedSchema, ({ message: { followerId, followeeId } }, { tx }: HandlerContext<Tables>) =>
    timelines.settle(tx, { ownerId: followerId, authorId: followeeId }),
  );
