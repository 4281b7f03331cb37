import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { MessageSentSchema } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Notifier } from '../notifications/notifier.ts';

export const messageSent = (notifier: Notifier) =>
  on(MessageSentSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
    const { senderId: actorId, conversationId, recipientIds: userIds } = message;
    await notifier(tx, { kind: 'MESSAGE', userIds, actorId, about: { conversationId } });
  });
