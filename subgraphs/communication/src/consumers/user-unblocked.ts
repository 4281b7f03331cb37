import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserUnblockedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { noteUnblock } from '../notifications/notification-commands.ts';

export const userUnblocked = on(UserUnblockedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  noteUnblock(tx, message),
);
