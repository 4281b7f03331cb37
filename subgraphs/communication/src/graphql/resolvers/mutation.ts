import { isUuid } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import { isGroup, otherPeople, unreachable } from '../../conversations/conversation.ts';
import type { MutationResolvers } from '../../generated/graphql.ts';
import { noSuchPerson } from '../no-such-person.ts';
import { deviceKeys, oneTimePrekeys, toBundle } from '../prekey-texts.ts';

export const mutation: MutationResolvers = {
  async startConversation(_parent, { input }, context) {
    const { userId: viewerId } = requireUser(context);
    const otherIds = otherPeople(viewerId, input.participantIds);
    if (!otherIds.every(isUuid)) throw noSuchPerson();
    const people = { viewerId, otherIds };
    const [isBlocked] = await Promise.all([
      context.people.isBlocked(people, context),
      context.people.requireActive(people, context),
    ]);
    if (isBlocked) throw unreachable();
    return { conversation: await context.conversations.start(people, context) };
  },
  async sendMessage(_parent, { input }, context) {
    const { userId: viewerId } = requireUser(context);
    const { conversationId } = input;
    const participants = await context.conversations.participants({ conversationId, userId: viewerId });
    await context.people.requireActive({ viewerId, otherIds: [] }, context);
    if (!isGroup(participants)) {
      const otherIds = participants.flatMap(({ userId }) => (userId === null || userId === viewerId ? [] : userId));
      if (otherIds.length === 0 || (await context.people.isBlocked({ viewerId, otherIds }, context)))
        throw unreachable();
    }
    return { message: await context.messages.send({ ...input, senderId: viewerId }, context) };
  },
  async markRead(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const { conversationId, upToMessageId: messageId } = input;
    return { conversation: await context.conversations.markRead({ conversationId, userId, messageId }) };
  },
  async uploadPrekeys(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const keys = deviceKeys(input);
    await context.people.requireActive({ viewerId: userId, otherIds: [] }, context);
    const prekeyCount = await context.prekeys.upload({ ...keys, userId, oneTimePrekeys: oneTimePrekeys(input) });
    return { device: keys, prekeyCount };
  },
  async claimPrekeyBundle(_parent, { input }, context) {
    const { userId: viewerId } = requireUser(context);
    if (!isUuid(input.userId)) throw noSuchPerson();
    const otherIds = input.userId === viewerId ? [] : [input.userId];
    await context.people.requireActive({ viewerId, otherIds }, context);
    if (otherIds.length > 0 && (await context.people.isBlocked({ viewerId, otherIds }, context))) throw unreachable();
    return { bundle: toBundle(await context.prekeys.claim(input, context)) };
  },
  async markNotificationsRead(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const notifications = await context.notifications.markRead(userId, input.ids ?? undefined);
    return { notifications, unreadNotificationCount: await context.loaders.unreadNotificationCount() };
  },
  async setNotificationPreference(_parent, { input }, context) {
    const { userId } = requireUser(context);
    return { preference: await context.notifications.setPreference(userId, input) };
  },
  async registerPushDevice(_parent, { input }, context) {
    const { userId } = requireUser(context);
    await context.people.requireActive({ viewerId: userId, otherIds: [] }, context);
    return { device: await context.pushDevices.register({ userId, ...input }) };
  },
  async unregisterPushDevice(_parent, { input }, context) {
    await context.pushDevices.unregister(requireUser(context).userId, input.id);
    return { unregisteredDeviceId: input.id };
  },
};
