import { isUuid } from '@nova/postgres';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { DeviceKeys, OneTimePrekey, PrekeyDevice } from './prekey.ts';

/** One device of one user. */
type DeviceKey = { readonly userId: string; readonly deviceId: number };

export async function listPrekeyDevices(db: Kysely<Tables>, userId: string): Promise<PrekeyDevice[]> {
  if (!isUuid(userId)) return [];
  const rows = await db
    .selectFrom('prekey_devices')
    .select(['device_id', 'registration_id'])
    .where('user_id', '=', userId)
    .orderBy('device_id')
    .execute();
  return rows.map((row) => ({ deviceId: row.device_id, registrationId: row.registration_id }));
}

/** They stay as they are until the transaction ends; many may hold them at a time. */
export async function holdDeviceKeys(db: Kysely<Tables>, device: DeviceKey): Promise<DeviceKeys | undefined> {
  if (!isUuid(device.userId)) return undefined;
  const row = await db
    .selectFrom('prekey_devices')
    .selectAll()
    .where('user_id', '=', device.userId)
    .where('device_id', '=', device.deviceId)
    .forShare()
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    deviceId: row.device_id,
    registrationId: row.registration_id,
    identityKey: row.identity_key,
    signedPrekey: { id: row.signed_prekey_id, publicKey: row.signed_prekey, signature: row.signed_prekey_signature },
  };
}

export async function upsertDeviceKeys(db: Kysely<Tables>, userId: string, keys: DeviceKeys): Promise<void> {
  const values = {
    registration_id: keys.registrationId,
    identity_key: keys.identityKey,
    signed_prekey_id: keys.signedPrekey.id,
    signed_prekey: keys.signedPrekey.publicKey,
    signed_prekey_signature: keys.signedPrekey.signature,
  };
  await db
    .insertInto('prekey_devices')
    .values({ user_id: userId, device_id: keys.deviceId, ...values })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'device_id']).doUpdateSet({ ...values, updated_at: sql`now()` }),
    )
    .execute();
}

/** Those with a number that the device used before stay as they are, claimed or not. */
export async function insertOneTimePrekeys(
  db: Kysely<Tables>,
  device: DeviceKey,
  prekeys: readonly OneTimePrekey[],
): Promise<void> {
  const rows = prekeys.map(({ id, publicKey }) => ({
    user_id: device.userId,
    device_id: device.deviceId,
    key_id: id,
    public_key: publicKey,
  }));
  await db
    .insertInto('one_time_prekeys')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['user_id', 'device_id', 'key_id']).doNothing())
    .execute();
}

export async function deleteOneTimePrekeys(db: Kysely<Tables>, device: DeviceKey): Promise<void> {
  await db
    .deleteFrom('one_time_prekeys')
    .where('user_id', '=', device.userId)
    .where('device_id', '=', device.deviceId)
    .execute();
}

export async function countFreePrekeys(db: Kysely<Tables>, device: DeviceKey): Promise<number> {
  const row = await db
    .selectFrom('one_time_prekeys')
    .select(sql<number>`count(*)::int`.as('free'))
    .where('user_id', '=', device.userId)
    .where('device_id', '=', device.deviceId)
    .where('claimed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.free;
}

/** Each one once: who claims at the same time gets the next, and nobody waits. Undefined when none is left. */
export async function claimOneTimePrekey(db: Kysely<Tables>, device: DeviceKey): Promise<OneTimePrekey | undefined> {
  const { rows } = await sql<{ id: number; publicKey: Buffer }>`
    update one_time_prekeys set claimed_at = now()
    where user_id = ${device.userId} and device_id = ${device.deviceId} and key_id = (
      select key_id from one_time_prekeys
      where user_id = ${device.userId} and device_id = ${device.deviceId} and claimed_at is null
      order by key_id limit 1 for update skip locked
    )
    returning key_id as id, public_key as "publicKey"`.execute(db);
  return rows[0];
}

/** Claimed or not. */
export async function findOneTimePrekey(
  db: Kysely<Tables>,
  device: DeviceKey,
  keyId: number,
): Promise<OneTimePrekey | undefined> {
  const row = await db
    .selectFrom('one_time_prekeys')
    .select(['key_id', 'public_key'])
    .where('user_id', '=', device.userId)
    .where('device_id', '=', device.deviceId)
    .where('key_id', '=', keyId)
    .executeTakeFirst();
  return row && { id: row.key_id, publicKey: row.public_key };
}

export async function deletePrekeysOf(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('one_time_prekeys').where('user_id', '=', userId).execute();
  await db.deleteFrom('prekey_devices').where('user_id', '=', userId).execute();
}
