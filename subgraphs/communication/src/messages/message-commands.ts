import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { clientMessageId, clientMessageIdReused, type Message, messageGone, requireRecipients } from './message.ts';
import { contentHash, messageContent, type SentContent } from './message-content.ts';
import { appendMessageSent } from './message-events.ts';
import { eraseMessages, findMessage, findRepeated, insertCiphertexts, insertMessage } from './message-repository.ts';

type Origin = EventOrigin & Idempotent;

export type MessageCommands = {
  /**
   * The same client id with the same content again is the message that was sent. Throws BAD_USER_INPUT, NOT_FOUND unless the
   * sender takes part, CONFLICT for a client id that another message has.
   */
  send(
    input: { conversationId: string; senderId: string; clientMessageId: string } & SentContent,
    origin: Origin,
  ): Promise<Message>;
};

export function createMessageCommands(deps: {
  db: Kysely<Tables>;
  /** Everybody in the conversation, which is locked; throws NOT_FOUND unless the user takes part. */
  lockParticipation: (
    tx: Transaction<Tables>,
    member: { conversationId: string; userId: string },
  ) => Promise<readonly { userId: string | null }[]>;
  updateActivity: (tx: Transaction<Tables>, conversationId: string, messageId: string) => Promise<void>;
}): MessageCommands {
  const deliver = async (tx: Transaction<Tables>, sent: Sent, origin: Origin): Promise<Message> => {
    const { conversationId, senderId, content } = sent;
    const participants = await deps.lockParticipation(tx, { conversationId, userId: senderId });
    const participantIds = participants.flatMap(({ userId }) => userId ?? []);
    requireRecipients(content, participantIds);
    const row = { ...sent, contentHash: contentHash(content) };
    const message = await insertMessage(tx, { ...row, payload: content.kind === 'payload' ? content.payload : null });
    if (!message) {
      const repeated = await findRepeated(tx, row);
      if (!repeated) throw clientMessageIdReused();
      return repeated;
    }
    if (content.kind === 'ciphertexts') await insertCiphertexts(tx, message.id, content.ciphertexts);
    await deps.updateActivity(tx, conversationId, message.id);
    const recipientIds = participantIds.filter((id) => id !== senderId);
    await appendMessageSent(tx, { message, senderId, recipientIds, origin });
    return message;
  };
  return {
    send({ conversationId, senderId, ...input }, origin) {
      const content = messageContent(input);
      const sent = { conversationId, senderId, clientMessageId: clientMessageId(input.clientMessageId), content };
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          effect: () => deliver(tx, sent, origin),
          idOf: ({ id }) => id,
          async earlier(id) {
            const message = await findMessage(tx, id);
            if (!message) throw messageGone();
            return message;
          },
        }),
      );
    },
  };
}

type Sent = {
  conversationId: string;
  senderId: string;
  clientMessageId: string;
  content: ReturnType<typeof messageContent>;
};

/** What erasing a user does to messages, inside the same transaction; the user's conversations are locked. */
export function eraseMessagesOf(tx: Transaction<Tables>, userId: string, erasedBy: string): Promise<void> {
  return eraseMessages(tx, { userId, erasedBy });
}
