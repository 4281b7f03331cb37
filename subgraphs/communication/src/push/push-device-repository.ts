import { isUuid } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { PushDevice, PushPlatform } from './push-device.ts';

/** A token that somebody else registered before is that user's no longer, nor is what waits to be sent to it. */
export async function upsertPushDevice(
  db: Kysely<Tables>,
  device: { userId: string; platform: PushPlatform; token: string },
): Promise<PushDevice> {
  await db
    .deleteFrom('push_devices')
    .where('platform', '=', device.platform)
    .where('token', '=', device.token)
    .where('user_id', '!=', device.userId)
    .execute();
  const row = await db
    .insertInto('push_devices')
    .values({ user_id: device.userId, platform: device.platform, token: device.token })
    .onConflict((conflict) =>
      conflict.columns(['platform', 'token']).doUpdateSet({ user_id: device.userId, registered_at: sql`now()` }),
    )
    .returning(['id', 'registered_at'])
    .executeTakeFirstOrThrow();
  return { id: row.id, platform: device.platform, registeredAt: row.registered_at };
}

/** Those that were registered last, the last one first. */
export async function listPushDevicesOf(db: Kysely<Tables>, userId: string, limit: number): Promise<PushDevice[]> {
  const rows = await db
    .selectFrom('push_devices')
    .select(['id', 'platform', 'registered_at'])
    .where('user_id', '=', userId)
    .orderBy('registered_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ id: row.id, platform: row.platform as PushPlatform, registeredAt: row.registered_at }));
}

/** Leaves the user the devices that were registered last. */
export async function deleteOldestPushDevices(db: Kysely<Tables>, userId: string, kept: number): Promise<void> {
  await sql`
    delete from push_devices where id in (
      select id from push_devices where user_id = ${userId} order by registered_at desc, id desc offset ${kept}
    )`.execute(db);
}

/** False when the user has no such device. */
export async function deletePushDevice(db: Kysely<Tables>, userId: string, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const { numDeletedRows } = await db
    .deleteFrom('push_devices')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deletePushDevicesOf(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('push_devices').where('user_id', '=', userId).execute();
}
