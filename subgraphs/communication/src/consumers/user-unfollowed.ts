import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserUnfollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { withdrawActor } from '../notifications/notification-repository.ts';

export const userUnfollowed = on(UserUnfollowedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  withdrawActor(tx, { kind: 'FOLLOW', actorId: message.followerId, userId: message.followeeId }),
);
