import { pageRequest } from '@nova/postgres';
import type { ConversationResolvers } from '../../generated/graphql.ts';

export const conversation: ConversationResolvers = {
  participants: async ({ id }, _args, { loaders }) => (await loaders.participants.load(id)) ?? [],
  lastMessage: ({ id }, _args, { loaders }) => loaders.lastMessage.load(id),
  unreadCount: async ({ id }, _args, { loaders }) => (await loaders.unreadCount.load(id)) ?? 0,
  messages: ({ id }, args, { loaders }) => loaders.messages.load(id, pageRequest('message', args)),
};
