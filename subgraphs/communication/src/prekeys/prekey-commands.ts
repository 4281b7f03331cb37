import { type Idempotent, once } from '@nova/idempotency';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  type DeviceKeys,
  maxFreePrekeys,
  maxPrekeyDevices,
  type OneTimePrekey,
  type PrekeyBundle,
  prekeyDeviceNotFound,
  requirePrekeyIds,
  tooManyDevices,
  tooManyPrekeys,
} from './prekey.ts';
import {
  claimOneTimePrekey,
  countFreePrekeys,
  deleteOneTimePrekeys,
  deletePrekeysOf,
  findOneTimePrekey,
  holdDeviceKeys,
  insertOneTimePrekeys,
  listPrekeyDevices,
  upsertDeviceKeys,
} from './prekey-repository.ts';

type Upload = DeviceKeys & { readonly userId: string; readonly oneTimePrekeys: readonly OneTimePrekey[] };

export type PrekeyCommands = {
  /** Returns how many one-time prekeys wait to be claimed. Throws BAD_USER_INPUT beyond the limits. */
  upload(upload: Upload): Promise<number>;
  /** Takes a one-time prekey, if there is any. Throws NOT_FOUND for a device without keys. */
  claim(device: { userId: string; deviceId: number }, origin: Idempotent): Promise<PrekeyBundle>;
};

export function createPrekeyCommands(deps: {
  db: Kysely<Tables>;
  /** Throws ACCOUNT_INACTIVE for who is erased; the user then does one thing at a time. */
  requirePresentAlone: (tx: Transaction<Tables>, userId: string) => Promise<void>;
}): PrekeyCommands {
  return {
    async upload(upload) {
      requirePrekeyIds({ ...upload, oneTimePrekeyIds: upload.oneTimePrekeys.map(({ id }) => id) });
      return deps.db.transaction().execute(async (tx) => {
        await deps.requirePresentAlone(tx, upload.userId);
        return store(tx, upload);
      });
    },
    claim(device, origin) {
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const keys = await requireDeviceKeys(tx, device);
            return { ...keys, oneTimePrekey: (await claimOneTimePrekey(tx, device)) ?? null };
          },
          idOf: ({ oneTimePrekey }) => String(oneTimePrekey?.id ?? ''),
          async earlier(id) {
            const keys = await requireDeviceKeys(tx, device);
            const oneTimePrekey = id === '' ? undefined : await findOneTimePrekey(tx, device, Number(id));
            return { ...keys, oneTimePrekey: oneTimePrekey ?? null };
          },
        }),
      );
    },
  };
}

async function store(tx: Transaction<Tables>, upload: Upload): Promise<number> {
  const { userId, oneTimePrekeys, ...keys } = upload;
  const device = { userId, deviceId: keys.deviceId };
  const [before, devices] = [await holdDeviceKeys(tx, device), await listPrekeyDevices(tx, userId)];
  if (!before && devices.length >= maxPrekeyDevices) throw tooManyDevices();
  // They belong to the identity that they were made with.
  if (before && !before.identityKey.equals(keys.identityKey)) await deleteOneTimePrekeys(tx, device);
  await upsertDeviceKeys(tx, userId, keys);
  if (oneTimePrekeys.length > 0) await insertOneTimePrekeys(tx, device, oneTimePrekeys);
  const free = await countFreePrekeys(tx, device);
  if (free > maxFreePrekeys) throw tooManyPrekeys();
  return free;
}

async function requireDeviceKeys(
  tx: Transaction<Tables>,
  device: { userId: string; deviceId: number },
): Promise<DeviceKeys> {
  const keys = await holdDeviceKeys(tx, device);
  if (!keys) throw prekeyDeviceNotFound();
  return keys;
}

/** What erasing a user does to prekeys, inside the same transaction. */
export function erasePrekeysOf(tx: Transaction<Tables>, userId: string): Promise<void> {
  return deletePrekeysOf(tx, userId);
}
