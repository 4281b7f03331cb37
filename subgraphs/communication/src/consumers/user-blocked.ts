import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { UserBlockedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { erasedAmongAlone } from '../erasures/erasure-commands.ts';
import { noteBlock } from '../notifications/notification-commands.ts';

export const userBlocked = on(UserBlockedSchema, ({ message }, { tx }: HandlerContext<Tables>) =>
  noteBlock(tx, message, erasedAmongAlone),
);
