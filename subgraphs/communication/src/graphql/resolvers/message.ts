import { conversationNotFound } from '../../conversations/conversation.ts';
import type { MessageResolvers } from '../../generated/graphql.ts';

export const message: MessageResolvers = {
  async conversation({ conversationId }, _args, { loaders }) {
    const found = await loaders.conversation.load(conversationId);
    if (!found) throw conversationNotFound(conversationId);
    return found;
  },
  sender: ({ senderId }) => (senderId === null ? null : { id: senderId }),
  payload: ({ payload }) => payload?.toString('base64') ?? null,
  ciphertext: async ({ id }, { deviceId }, { loaders }) =>
    (await loaders.ciphertext(deviceId).load(id))?.toString('base64') ?? null,
  async readBy({ id, conversationId, senderId }, _args, { loaders }) {
    const participants = (await loaders.participants.load(conversationId)) ?? [];
    return participants.flatMap(({ userId, lastReadMessageId }) =>
      userId !== null && userId !== senderId && lastReadMessageId !== null && lastReadMessageId >= id
        ? [{ id: userId }]
        : [],
    );
  },
};
