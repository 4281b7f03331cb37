import { AppError } from '@nova/errors';

export const notificationKinds = ['FOLLOW', 'LIKE', 'COMMENT', 'REPLY', 'MENTION', 'MESSAGE', 'SYSTEM'] as const;
export type NotificationKind = (typeof notificationKinds)[number];

/** What a notification is about: a comment and the post that it is under, or one of the others. */
export type Subject = {
  readonly postId: string | null;
  readonly commentId: string | null;
  readonly conversationId: string | null;
};

export type Notification = Subject & {
  readonly id: string;
  readonly userId: string;
  readonly kind: NotificationKind;
  /** Likes or messages that it stands for; 1 for other kinds. */
  readonly occurrences: number;
  /** Orders notifications by the last thing added. */
  readonly activityId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly isRead: boolean;
};

/** How a user wants to be told of one kind. */
export type Ways = { readonly inApp: boolean; readonly push: boolean };

/** Likes come in numbers, so that they do not ring. */
export const defaultWays: Readonly<Record<NotificationKind, Ways>> = {
  FOLLOW: { inApp: true, push: true },
  LIKE: { inApp: true, push: false },
  COMMENT: { inApp: true, push: true },
  REPLY: { inApp: true, push: true },
  MENTION: { inApp: true, push: true },
  MESSAGE: { inApp: true, push: true },
  SYSTEM: { inApp: true, push: true },
};

const maxMarked = 100;

/** The ids, each once. Throws BAD_USER_INPUT for too many. */
export function markedIds(ids: readonly string[]): readonly string[] {
  if (ids.length <= maxMarked) return [...new Set(ids)];
  throw new AppError('BAD_USER_INPUT', `At most ${maxMarked} notifications can be marked at a time.`, {
    details: { field: 'ids', length: ids.length, limit: maxMarked },
  });
}
