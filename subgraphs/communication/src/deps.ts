import type { Kysely } from 'kysely';
import type { ConversationCommands } from './conversations/conversation-commands.ts';
import type { Tables } from './db/tables.ts';
import type { People } from './grpc/clients.ts';
import type { MessageCommands } from './messages/message-commands.ts';
import type { NotificationCommands } from './notifications/notification-commands.ts';
import type { PrekeyCommands } from './prekeys/prekey-commands.ts';
import type { PushDeviceCommands } from './push/push-device-commands.ts';

/** What the doors of communication are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly people: People;
  readonly conversations: ConversationCommands;
  readonly messages: MessageCommands;
  readonly prekeys: PrekeyCommands;
  readonly notifications: NotificationCommands;
  readonly pushDevices: PushDeviceCommands;
};
