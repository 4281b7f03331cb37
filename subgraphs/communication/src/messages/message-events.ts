import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { MessageSentSchema } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import type { Message } from './message.ts';

/** An event of its conversation, so that messages keep their order. */
export function appendMessageSent(
  tx: AnyTransaction,
  {
    message,
    senderId,
    recipientIds,
    origin,
  }: {
    message: Message;
    senderId: string;
    recipientIds: readonly string[];
    origin: EventOrigin;
  },
): Promise<void> {
  const { id: messageId, conversationId, createdAt } = message;
  const sent = { messageId, conversationId, senderId, recipientIds: [...recipientIds] };
  return append(tx, MessageSentSchema, {
    aggregateId: conversationId,
    message: { ...sent, sentAt: timestampFromDate(createdAt) },
    origin,
  });
}
