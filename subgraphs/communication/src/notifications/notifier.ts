import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { defaultWays, type NotificationKind, type Subject } from './notification.ts';
import { addOccurrence, insertActor, insertNotifications, type Told } from './notification-repository.ts';
import { findListeners, type Listener } from './preference-repository.ts';
import { isAnyDeleted } from './subject-deletion.ts';

/** Something that happened, and who should know. */
export type Occurrence = {
  readonly kind: NotificationKind;
  readonly userIds: readonly string[];
  /** Who caused it; undefined for the system. Nobody is told of what they did themselves. */
  readonly actorId?: string;
  readonly about?: Partial<Subject>;
  /** Of the notification, where one user is told; made here otherwise. */
  readonly id?: string;
};

/** What is sent to the devices of a user: ids and a kind, nothing else. */
export type PushNotice = Subject & {
  readonly userId: string;
  readonly notificationId: string | null;
  readonly kind: NotificationKind;
};

/** Tells users, in the ways that they want, inside the transaction of what happened. Returns who was told. */
export type Notifier = (tx: Transaction<Tables>, occurrence: Occurrence) => Promise<readonly string[]>;

export function createNotifier(deps: {
  /** The erased ones; until the transaction ends no other of the users is erased. */
  erasedAmong: (tx: Transaction<Tables>, userIds: readonly string[]) => Promise<ReadonlySet<string>>;
  enqueuePushes: (tx: Transaction<Tables>, notices: readonly PushNotice[]) => Promise<void>;
}): Notifier {
  return async (tx, { kind, actorId, id, about, ...occurrence }) => {
    const others = [...new Set(occurrence.userIds)].filter((userId) => userId !== actorId);
    if (others.length === 0) return [];
    const erased = await deps.erasedAmong(tx, actorId === undefined ? others : [...others, actorId]);
    if (actorId !== undefined && erased.has(actorId)) return [];
    const subject: Subject = { postId: null, commentId: null, conversationId: null, ...about };
    // Events of different topics come in any order: a like may come after the deletion of its post.
    if (await isAnyDeleted(tx, subject)) return [];
    const userIds = others.filter((userId) => !erased.has(userId));
    const asked = { kind, userIds, actorId: actorId ?? null, otherwise: defaultWays[kind] };
    const listeners = await findListeners(tx, asked);
    const shown = listeners.flatMap(({ userId, inApp }) => (inApp ? userId : []));
    const told = await show(tx, { ...subject, id: id ?? null, kind, userIds: shown, actorId });
    await deps.enqueuePushes(
      tx,
      ringing(listeners, { told, kind }).map((notice) => ({ ...subject, kind, ...notice })),
    );
    return listeners.map(({ userId }) => userId);
  };
}

async function show(
  tx: Transaction<Tables>,
  notification: Parameters<typeof insertNotifications>[1] & { actorId: string | undefined },
): Promise<readonly Told[]> {
  const { actorId, ...row } = notification;
  if (row.userIds.length === 0) return [];
  const told = await insertNotifications(tx, row);
  if (actorId === undefined) return told;
  const ids = told.map(({ id }) => id);
  const added = new Set(await insertActor(tx, ids, actorId));
  const grown = told.flatMap(({ id, opened }) => (!opened && added.has(id) ? id : []));
  if (row.kind === 'LIKE' && grown.length > 0) await addOccurrence(tx, grown);
  return told;
}

/** Each message rings; what collapses otherwise rings once. */
function ringing(
  listeners: readonly Listener[],
  { told, kind }: { told: readonly Told[]; kind: NotificationKind },
): readonly { userId: string; notificationId: string | null }[] {
  const toldTo = new Map(told.map((each) => [each.userId, each]));
  return listeners.flatMap(({ userId, push, inApp }) => {
    const shown = toldTo.get(userId);
    const rings = inApp ? shown?.opened || kind === 'MESSAGE' : true;
    return push && rings ? { userId, notificationId: shown?.id ?? null } : [];
  });
}
