import { AppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import {
  CommunicationService,
  NotificationKind as ProtoKind,
} from '@nova/proto/nova/communication/v1/communication_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Deps } from '../deps.ts';
import type { NotificationKind } from '../notifications/notification.ts';

const kinds: Readonly<Record<ProtoKind, NotificationKind>> = {
  [ProtoKind.UNSPECIFIED]: 'SYSTEM',
  [ProtoKind.FOLLOW]: 'FOLLOW',
  [ProtoKind.LIKE]: 'LIKE',
  [ProtoKind.COMMENT]: 'COMMENT',
  [ProtoKind.REPLY]: 'REPLY',
  [ProtoKind.MENTION]: 'MENTION',
  [ProtoKind.MESSAGE]: 'MESSAGE',
  [ProtoKind.SYSTEM]: 'SYSTEM',
};

export function communicationService({ notifications }: Pick<Deps, 'notifications'>) {
  return rpcService(CommunicationService, {
    async notify({ notificationId, userId, kind, ...told }) {
      const actorId = idOf('actor_id', told.actorId);
      const notified = await notifications.notify({
        id: notificationId,
        userIds: [userId],
        kind: kinds[kind],
        ...(actorId === null ? {} : { actorId }),
        about: {
          postId: idOf('post_id', told.postId),
          commentId: idOf('comment_id', told.commentId),
          conversationId: idOf('conversation_id', told.conversationId),
        },
      });
      return { notified };
    },
  });
}

/** Null for an empty text. Throws BAD_USER_INPUT for what is no id. */
function idOf(field: string, text: string): string | null {
  if (text === '') return null;
  if (isUuid(text)) return text;
  throw new AppError('BAD_USER_INPUT', `${field} must be a UUID.`, { details: { field } });
}
