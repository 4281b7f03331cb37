import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { eraseParticipation } from '../conversations/conversation-commands.ts';
import type { Tables } from '../db/tables.ts';
import { eraseUser } from '../erasures/erasure-commands.ts';
import { eraseMessagesOf } from '../messages/message-commands.ts';
import { eraseNotificationsOf } from '../notifications/notification-commands.ts';
import { erasePrekeysOf } from '../prekeys/prekey-commands.ts';
import { erasePushDevicesOf } from '../push/push-device-commands.ts';

const parts = [eraseParticipation(eraseMessagesOf), erasePrekeysOf, erasePushDevicesOf, eraseNotificationsOf];

export const erasureRequested = on(ErasureRequestedSchema, (event, { tx }: HandlerContext<Tables>) =>
  eraseUser(tx, event.message.userId, { parts, origin: event }),
);
