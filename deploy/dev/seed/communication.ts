import { contentHash } from '@nova/communication/message-content';
import type { Tables } from '@nova/communication/tables';
import { type InsertObject, sql, type Transaction } from 'kysely';
import type { Conversation } from './conversations.ts';
import type { Notification } from './notifications.ts';
import type { WriteRows } from './write-rows.ts';

type Table = 'conversations' | 'participants' | 'messages' | 'notifications' | 'notification_actors';

export async function seedCommunication(
  db: Transaction<Tables>,
  { conversations, notifications }: { conversations: readonly Conversation[]; notifications: readonly Notification[] },
  write: WriteRows,
): Promise<void> {
  const into =
    <T extends Table>(table: T) =>
    (rows: InsertObject<Tables, T>[]) =>
      db
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  await write('conversations', conversations.map(conversationRow), into('conversations'));
  await write('participants', conversations.flatMap(participantRows), into('participants'));
  await write('messages', conversations.flatMap(messageRows), into('messages'));
  await write('notifications', notifications.map(notificationRow), into('notifications'));
  await write('actors of notifications', notifications.flatMap(actorRows), into('notification_actors'));
  await sql`analyze conversations, participants, messages, notifications, notification_actors`.execute(db);
}

function conversationRow({ id, isGroup, createdAt, participants, messages }: Conversation) {
  const [low, high] = participants.map(({ userId }) => userId).sort();
  const pair = isGroup ? {} : { low_user_id: low, high_user_id: high };
  return {
    id,
    low_user_id: null,
    high_user_id: null,
    ...pair,
    activity_id: messages.at(-1)?.id,
    created_at: createdAt,
  };
}

function participantRows({ id: conversation_id, createdAt, participants, messages }: Conversation) {
  return participants.map(({ id, userId, read }) => ({
    id,
    conversation_id,
    user_id: userId,
    joined_at: createdAt,
    last_read_message_id: messages[read - 1]?.id ?? null,
  }));
}

function messageRows({ id: conversation_id, messages }: Conversation) {
  return messages.map(({ id, senderId, payload, createdAt }) => ({
    id,
    conversation_id,
    sender_id: senderId,
    client_message_id: id,
    payload,
    content_hash: contentHash({ kind: 'payload', payload }),
    created_at: createdAt,
  }));
}

function notificationRow({ id, userId, kind, about, occurrences, activityId, ...times }: Notification) {
  return {
    id,
    user_id: userId,
    kind,
    post_id: about.postId ?? null,
    comment_id: about.commentId ?? null,
    conversation_id: about.conversationId ?? null,
    occurrences,
    activity_id: activityId,
    created_at: times.createdAt,
    updated_at: times.updatedAt,
    read_at: times.readAt,
  };
}

function actorRows({ id: notification_id, actors }: Notification) {
  return actors.map(({ actorId, activityId }) => ({ notification_id, actor_id: actorId, activity_id: activityId }));
}
