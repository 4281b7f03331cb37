import { createHash } from 'node:crypto';
import { once } from '@nova/idempotency';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { markedIds, type Notification, type NotificationKind, type Ways } from './notification.ts';
import { deleteNotificationsOf, markRead, withdrawActor } from './notification-repository.ts';
import type { Notifier, Occurrence } from './notifier.ts';
import {
  type Block,
  deleteBlock,
  deleteBlocksOf,
  deletePreferencesOf,
  insertBlock,
  upsertPreference,
} from './preference-repository.ts';

export type Preference = Ways & { readonly kind: NotificationKind };

export type NotificationCommands = {
  /**
   * Tells one user once for each id; false when that user does not want to know, or must not. Throws IDEMPOTENCY_KEY_REUSED
   * for an id that something else was told with.
   */
  notify(occurrence: Occurrence & { readonly id: string }): Promise<boolean>;
  /** Returns those that were asked for and exist; without ids all are marked. Throws BAD_USER_INPUT for too many. */
  markRead(userId: string, ids: readonly string[] | undefined): Promise<readonly Notification[]>;
  setPreference(userId: string, preference: Preference): Promise<Preference>;
};

export function createNotificationCommands(deps: {
  db: Kysely<Tables>;
  notifier: Notifier;
  requirePresent: (tx: Transaction<Tables>, userIds: readonly string[]) => Promise<void>;
}): NotificationCommands {
  const { db, notifier } = deps;
  return {
    notify(occurrence) {
      const { id, kind, userIds, actorId = '', about = {} } = occurrence;
      const said = JSON.stringify([kind, userIds, actorId, about.postId, about.commentId, about.conversationId]);
      const key = { key: `notify/${id}`, fingerprint: createHash('sha256').update(said).digest('hex') };
      return db.transaction().execute((tx) =>
        once(tx, key, {
          effect: async () => (await notifier(tx, occurrence)).length > 0,
          idOf: String,
          earlier: async (notified) => notified === 'true',
        }),
      );
    },
    markRead: (userId, ids) => markRead(db, userId, ids && markedIds(ids)),
    async setPreference(userId, preference) {
      await db.transaction().execute(async (tx) => {
        await deps.requirePresent(tx, [userId]);
        await upsertPreference(tx, userId, preference);
      });
      return preference;
    },
  };
}

/** One sees nothing more of the other, and what either was told of the other is gone. */
export async function noteBlock(
  tx: Transaction<Tables>,
  block: Block,
  erasedAmongAlone: (tx: Transaction<Tables>, userIds: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<void> {
  const { blockerId, blockedId } = block;
  const erased = await erasedAmongAlone(tx, [blockerId, blockedId]);
  if (erased.size > 0) return;
  await insertBlock(tx, block);
  await withdrawActor(tx, { actorId: blockedId, userId: blockerId });
  await withdrawActor(tx, { actorId: blockerId, userId: blockedId });
}

export function noteUnblock(tx: Transaction<Tables>, block: Block): Promise<void> {
  return deleteBlock(tx, block);
}

/** What erasing a user does to notifications, inside the same transaction: those for the user and those about the user. */
export async function eraseNotificationsOf(tx: Transaction<Tables>, userId: string): Promise<void> {
  await deleteNotificationsOf(tx, userId);
  await withdrawActor(tx, { actorId: userId });
  await deletePreferencesOf(tx, userId);
  await deleteBlocksOf(tx, userId);
}
