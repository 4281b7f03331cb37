import type { Connection, PageRequest } from '@nova/postgres';
import type { Identity } from '@nova/runtime';
import { type ConnectionLoader, createConnectionLoader, createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Conversation, Participant } from '../conversations/conversation.ts';
import {
  countUnread,
  findConversationsOf,
  listConversationsOf,
  listParticipants,
} from '../conversations/conversation-repository.ts';
import type { Tables } from '../db/tables.ts';
import type { Message } from '../messages/message.ts';
import { findCiphertexts, findLastMessages, listMessages } from '../messages/message-repository.ts';
import { defaultWays, type Notification, notificationKinds } from '../notifications/notification.ts';
import type { Preference } from '../notifications/notification-commands.ts';
import { countUnreadNotifications, listActors, listNotifications } from '../notifications/notification-repository.ts';
import { findPreferences } from '../notifications/preference-repository.ts';
import type { PrekeyDevice } from '../prekeys/prekey.ts';
import { countFreePrekeys, listPrekeyDevices } from '../prekeys/prekey-repository.ts';
import { maxPushDevices, type PushDevice } from '../push/push-device.ts';
import { listPushDevicesOf } from '../push/push-device-repository.ts';
import { activityPage } from './activity-page.ts';

const countedTo = 1_000;
const shownActors = 3;

/** What resolvers read, made for one request; each loader sends one statement a batch, and gives the viewer's own only. */
export type Loaders = {
  readonly conversation: Loader<string, Conversation | null>;
  readonly participants: Loader<string, readonly Participant[] | null>;
  readonly unreadCount: Loader<string, number | null>;
  readonly lastMessage: Loader<string, Message | null>;
  readonly messages: ConnectionLoader<Message>;
  /** By message, for one of the viewer's devices. */
  readonly ciphertext: (deviceId: number) => Loader<string, Buffer | null>;
  readonly actors: Loader<string, readonly string[] | null>;
  readonly conversations: (page: PageRequest) => Promise<Connection<Conversation>>;
  readonly notifications: (page: PageRequest, unreadOnly: boolean) => Promise<Connection<Notification>>;
  readonly unreadNotificationCount: () => Promise<number>;
  readonly preferences: () => Promise<readonly Preference[]>;
  readonly pushDevices: () => Promise<readonly PushDevice[]>;
  readonly prekeyDevices: (userId: string) => Promise<readonly PrekeyDevice[]>;
  readonly prekeyCount: (deviceId: number) => Promise<number | null>;
};

/** Fields that are not for everybody are refused before they get here, so that whoever is not signed in owns nothing. */
const nobody = '00000000-0000-0000-0000-000000000000';

export function createLoaders(db: Kysely<Tables>, identity: Identity): Loaders {
  const userId = identity.kind === 'user' ? identity.userId : nobody;
  return { ...conversationLoaders(db, userId), ...notificationLoaders(db, userId), ...prekeyLoaders(db, userId) };
}

function conversationLoaders(db: Kysely<Tables>, userId: string) {
  const ciphertexts = new Map<number, Loader<string, Buffer | null>>();
  return {
    conversation: createLoader<string, Conversation>(async (ids) => {
      const found = await findConversationsOf(db, userId, ids);
      return new Map(found.map((conversation) => [conversation.id, conversation]));
    }),
    participants: createLoader<string, readonly Participant[]>(async (ids) =>
      Map.groupBy(await listParticipants(db, ids), ({ conversationId }) => conversationId),
    ),
    unreadCount: createLoader<string, number>((ids) =>
      countUnread(db, userId, { conversationIds: ids, limit: countedTo }),
    ),
    lastMessage: createLoader<string, Message>(async (ids) => {
      const found = await findLastMessages(db, ids);
      return new Map(found.map((message) => [message.conversationId, message]));
    }),
    messages: createConnectionLoader<Message>({
      kind: 'message',
      list: (ids, page) => listMessages(db, ids, page),
      ownerOf: ({ conversationId }) => conversationId,
    }),
    ciphertext(deviceId: number) {
      const loader =
        ciphertexts.get(deviceId) ??
        createLoader<string, Buffer>((ids) => findCiphertexts(db, { userId, deviceId }, ids));
      ciphertexts.set(deviceId, loader);
      return loader;
    },
    conversations: async (page: PageRequest) =>
      activityPage('conversation', page, await listConversationsOf(db, userId, page)),
  };
}

function notificationLoaders(db: Kysely<Tables>, userId: string) {
  return {
    actors: createLoader<string, readonly string[]>((ids) => listActors(db, ids, shownActors)),
    notifications: async (page: PageRequest, unreadOnly: boolean) =>
      activityPage('notification', page, await listNotifications(db, { userId, unreadOnly }, page)),
    unreadNotificationCount: () => countUnreadNotifications(db, userId, countedTo),
    pushDevices: () => listPushDevicesOf(db, userId, maxPushDevices),
    async preferences() {
      const said = await findPreferences(db, userId);
      return notificationKinds.map((kind) => ({ kind, ...(said.get(kind) ?? defaultWays[kind]) }));
    },
  };
}

function prekeyLoaders(db: Kysely<Tables>, userId: string) {
  return {
    prekeyDevices: (ownerId: string) => listPrekeyDevices(db, ownerId),
    async prekeyCount(deviceId: number) {
      const devices = await listPrekeyDevices(db, userId);
      if (!devices.some((device) => device.deviceId === deviceId)) return null;
      return countFreePrekeys(db, { userId, deviceId });
    },
  };
}
