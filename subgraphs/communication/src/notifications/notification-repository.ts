import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { NotificationsTable, Tables } from '../db/tables.ts';
import type { Notification, NotificationKind, Subject } from './notification.ts';

const columns = [
  'id',
  'user_id',
  'kind',
  'post_id',
  'comment_id',
  'conversation_id',
  'occurrences',
  'activity_id',
  'created_at',
  'updated_at',
  'read_at',
] as const;

/** By the last thing added, newest first; one row more than the page. */
export async function listNotifications(
  db: Kysely<Tables>,
  { userId, unreadOnly }: { userId: string; unreadOnly: boolean },
  page: PageRequest,
): Promise<Notification[]> {
  const rows = await db
    .selectFrom('notifications')
    .select(columns)
    .where('user_id', '=', userId)
    .$if(unreadOnly, (query) => query.where('read_at', 'is', null))
    .$if(page.afterId !== null, (query) => query.where('activity_id', '<', page.afterId))
    .orderBy('activity_id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toNotification);
}

/** Counted up to `limit`. */
export async function countUnreadNotifications(db: Kysely<Tables>, userId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ unread: number }>`
    select count(*)::int as unread from (
      select from notifications where user_id = ${userId} and read_at is null limit ${limit}
    ) as counted`.execute(db);
  return rows[0]?.unread ?? 0;
}

/** Those of the user among the ids; all unread ones without ids, which are not returned. */
export async function markRead(
  db: Kysely<Tables>,
  userId: string,
  ids: readonly string[] | undefined,
): Promise<Notification[]> {
  const unread = db
    .updateTable('notifications')
    .set({ read_at: sql`coalesce(read_at, now())` })
    .where('user_id', '=', userId);
  if (!ids) {
    await unread.where('read_at', 'is', null).execute();
    return [];
  }
  const rows = await unread
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .returning(columns)
    .execute();
  return rows.map(toNotification);
}

/** The last actors of each notification, newest first. */
export async function listActors(
  db: Kysely<Tables>,
  notificationIds: readonly string[],
  limit: number,
): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ id: string; actors: string[] }>`
    select notification.id, array(
      select actor_id from notification_actors
      where notification_id = notification.id order by activity_id desc limit ${limit}
    )::text[] as actors
    from unnest(${notificationIds}::uuid[]) as notification (id)`.execute(db);
  return new Map(rows.map(({ id, actors }) => [id, actors]));
}

export type NewNotification = Subject & {
  /** Made here without one. */
  readonly id: string | null;
  readonly kind: NotificationKind;
  readonly userIds: readonly string[];
};

/** What became of a user's notification: `opened` is false when it was added to one that is not read yet. */
export type Told = { readonly id: string; readonly userId: string; readonly opened: boolean };

const collapsing: Partial<Record<NotificationKind, string>> = {
  LIKE: `on conflict (user_id, post_id) where read_at is null and kind = 'LIKE'
    do update set activity_id = uuidv7(), updated_at = now()`,
  MESSAGE: `on conflict (user_id, conversation_id) where read_at is null and kind = 'MESSAGE'
    do update set activity_id = uuidv7(), updated_at = now(), occurrences = notifications.occurrences + 1`,
};

/** One row for each user, or one thing more in the unread row that the kind collapses into. */
export async function insertNotifications(db: Kysely<Tables>, notification: NewNotification): Promise<Told[]> {
  const { id, kind, userIds, postId, commentId, conversationId } = notification;
  const { rows } = await sql<Told>`
    insert into notifications (id, user_id, kind, post_id, comment_id, conversation_id)
    select coalesce(${id}::uuid, uuidv7()), user_id, ${kind}, ${postId}::uuid, ${commentId}::uuid, ${conversationId}::uuid
    from unnest(${userIds}::uuid[]) as user_id order by user_id
    ${sql.raw(collapsing[kind] ?? 'on conflict (id) do nothing')}
    returning id, user_id as "userId", old.id is null as opened`.execute(db);
  return rows;
}

/** The notifications among them that this actor was not among the causes of. */
export async function insertActor(
  db: Kysely<Tables>,
  notificationIds: readonly string[],
  actorId: string,
): Promise<string[]> {
  const { rows } = await sql<{ id: string; added: boolean }>`
    insert into notification_actors (notification_id, actor_id)
    select id, ${actorId}::uuid from unnest(${notificationIds}::uuid[]) as id
    on conflict (notification_id, actor_id) do update set activity_id = uuidv7()
    returning notification_id as id, old.actor_id is null as added`.execute(db);
  return rows.flatMap(({ id, added }) => (added ? id : []));
}

export async function addOccurrence(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ occurrences: sql`occurrences + 1` })
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
}

/**
 * Takes an actor out of all notifications, or out of those of one user, kind or post: what is then caused by nobody is deleted, what
 * others caused too stays.
 */
export async function withdrawActor(
  db: Kysely<Tables>,
  { actorId, userId, kind, postId }: { actorId: string; userId?: string; kind?: NotificationKind; postId?: string },
): Promise<void> {
  const found = await db
    .selectFrom('notifications as notification')
    .innerJoin('notification_actors as actor', 'actor.notification_id', 'notification.id')
    .select('notification.id')
    .where('actor.actor_id', '=', actorId)
    .$if(userId !== undefined, (query) => query.where('notification.user_id', '=', userId as string))
    .$if(kind !== undefined, (query) => query.where('notification.kind', '=', kind as string))
    .$if(postId !== undefined, (query) => query.where('notification.post_id', '=', postId as string))
    .orderBy('notification.id')
    // As all who delete: the notification before its actors, so that nobody waits in a circle.
    .forUpdate('notification')
    .execute();
  const rows = await db
    .deleteFrom('notification_actors')
    .where('actor_id', '=', actorId)
    .where('notification_id', '=', sql<string>`any(${found.map(({ id }) => id)}::uuid[])`)
    .returning('notification_id')
    .execute();
  const ids = rows.map((row) => row.notification_id);
  if (ids.length === 0) return;
  await sql`
    update notifications set occurrences = greatest(occurrences - 1, 1)
    where id = any(${ids}::uuid[]) and kind = 'LIKE'`.execute(db);
  await deleteCausedByNobody(db, ids);
}

/** The most that one transaction deletes. */
export type Batch = { readonly notifications: number; readonly actors: number };

/** Deletes some of those about a post or comment, whoever was told. */
export async function deleteNotificationsAbout(
  db: Kysely<Tables>,
  { subjectId, batch }: { subjectId: string; batch: Batch },
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select id from notifications where id = any(array(
      select id from notifications where post_id = ${subjectId}
      union all select id from notifications where comment_id = ${subjectId}
      limit ${batch.notifications}
    )) order by id for update`.execute(db);
  const ids = rows.map(({ id }) => id);
  await deleteSomeActors(db, ids, batch.actors);
  await deleteCausedByNobody(db, ids);
}

/**
 * Deletes some of those to which nothing was added for so many days, the oldest first; others' locks are passed by. `more` tells
 * whether there may be some left.
 */
export async function deleteOldNotifications(
  db: Kysely<Tables>,
  { days, batch }: { days: number; batch: Batch },
): Promise<{ more: boolean }> {
  const { rows } = await sql<{ id: string }>`
    select id from notifications where updated_at < now() - make_interval(days => ${days}::int)
    order by updated_at limit ${batch.notifications} for update skip locked`.execute(db);
  const ids = rows.map(({ id }) => id);
  const actors = await deleteSomeActors(db, ids, batch.actors);
  await deleteCausedByNobody(db, ids);
  return { more: ids.length === batch.notifications || actors === batch.actors };
}

/** Returns how many. */
async function deleteSomeActors(db: Kysely<Tables>, ids: readonly string[], limit: number): Promise<number> {
  const { numAffectedRows: deleted = 0n } = await sql`
    delete from notification_actors where (notification_id, actor_id) in (
      select notification_id, actor_id from notification_actors
      where notification_id = any(${ids}::uuid[]) limit ${limit}
    )`.execute(db);
  return Number(deleted);
}

/** With their pushes that wait, but not those that a worker has its hands on. */
async function deleteCausedByNobody(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await sql`
    with deleted as (
      delete from notifications
      where id = any(${ids}::uuid[])
        and not exists (select from notification_actors where notification_id = notifications.id)
      returning id
    )
    delete from push_jobs where id in (
      select id from push_jobs where notification_id in (select id from deleted) for update skip locked
    )`.execute(db);
}

export async function deleteNotificationsOf(db: Kysely<Tables>, userId: string): Promise<void> {
  await sql`
    delete from notification_actors
    where notification_id in (select id from notifications where user_id = ${userId} order by id for update)`.execute(
    db,
  );
  await db.deleteFrom('notifications').where('user_id', '=', userId).execute();
}

function toNotification(row: Pick<Selectable<NotificationsTable>, (typeof columns)[number]>): Notification {
  return {
    id: row.id,
    userId: row.user_id,
    kind: row.kind as NotificationKind,
    postId: row.post_id,
    commentId: row.comment_id,
    conversationId: row.conversation_id,
    occurrences: row.occurrences,
    activityId: row.activity_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    isRead: row.read_at !== null,
  };
}
