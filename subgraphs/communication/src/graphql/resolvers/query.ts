import { pageRequest } from '@nova/postgres';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  conversation: (_parent, { id }, { loaders }) => loaders.conversation.load(id),
  viewerConversations: (_parent, args, { loaders }) => loaders.conversations(pageRequest('conversation', args)),
  prekeyDevices: (_parent, { userId }, { loaders }) => loaders.prekeyDevices(userId),
  prekeyCount: (_parent, { deviceId }, { loaders }) => loaders.prekeyCount(deviceId),
  viewerNotifications: (_parent, { unreadOnly, ...args }, { loaders }) =>
    loaders.notifications(pageRequest('notification', args), unreadOnly ?? false),
  unreadNotificationCount: (_parent, _args, { loaders }) => loaders.unreadNotificationCount(),
  viewerNotificationPreferences: (_parent, _args, { loaders }) => loaders.preferences(),
  viewerPushDevices: (_parent, _args, { loaders }) => loaders.pushDevices(),
};
