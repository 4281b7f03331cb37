import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { NotificationKind, Ways } from './notification.ts';

/** A user who wants to be told, and how. */
export type Listener = Ways & { readonly userId: string };

/**
 * Of the users those who want to be told of the kind in some way, without who blocks the actor or is blocked by the actor.
 * `otherwise` is for who said nothing.
 */
export async function findListeners(
  db: Kysely<Tables>,
  told: { kind: NotificationKind; userIds: readonly string[]; actorId: string | null; otherwise: Ways },
): Promise<Listener[]> {
  const { kind, userIds, actorId, otherwise } = told;
  const { rows } = await sql<Listener>`
    select told.user_id as "userId", ways.in_app as "inApp", ways.push
    from unnest(${userIds}::uuid[]) as told (user_id)
    left join notification_preferences preference
      on preference.user_id = told.user_id and preference.kind = ${kind}
    cross join lateral (
      select coalesce(preference.in_app, ${otherwise.inApp}::boolean) as in_app,
        coalesce(preference.push, ${otherwise.push}::boolean) as push
    ) as ways
    where (ways.in_app or ways.push) and not exists (
      select from blocks
      where (blocker_id = told.user_id and blocked_id = ${actorId}::uuid)
        or (blocker_id = ${actorId}::uuid and blocked_id = told.user_id)
    )`.execute(db);
  return rows;
}

/** What the user said, by kind. */
export async function findPreferences(
  db: Kysely<Tables>,
  userId: string,
): Promise<ReadonlyMap<NotificationKind, Ways>> {
  const rows = await db.selectFrom('notification_preferences').selectAll().where('user_id', '=', userId).execute();
  return new Map(rows.map((row) => [row.kind as NotificationKind, { inApp: row.in_app, push: row.push }]));
}

export async function upsertPreference(
  db: Kysely<Tables>,
  userId: string,
  { kind, inApp, push }: Ways & { kind: NotificationKind },
): Promise<void> {
  await db
    .insertInto('notification_preferences')
    .values({ user_id: userId, kind, in_app: inApp, push })
    .onConflict((conflict) => conflict.columns(['user_id', 'kind']).doUpdateSet({ in_app: inApp, push }))
    .execute();
}

export async function deletePreferencesOf(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('notification_preferences').where('user_id', '=', userId).execute();
}

/** Who blocks whom. */
export type Block = { readonly blockerId: string; readonly blockedId: string };

export async function insertBlock(db: Kysely<Tables>, { blockerId, blockedId }: Block): Promise<void> {
  await db
    .insertInto('blocks')
    .values({ blocker_id: blockerId, blocked_id: blockedId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function deleteBlock(db: Kysely<Tables>, { blockerId, blockedId }: Block): Promise<void> {
  await db.deleteFrom('blocks').where('blocker_id', '=', blockerId).where('blocked_id', '=', blockedId).execute();
}

export async function deleteBlocksOf(db: Kysely<Tables>, userId: string): Promise<void> {
  await sql`delete from blocks where blocker_id = ${userId} or blocked_id = ${userId}`.execute(db);
}
