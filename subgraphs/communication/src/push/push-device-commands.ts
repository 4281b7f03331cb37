import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { maxPushDevices, type PushDevice, type PushPlatform, pushDeviceNotFound, pushToken } from './push-device.ts';
import {
  deleteOldestPushDevices,
  deletePushDevice,
  deletePushDevicesOf,
  upsertPushDevice,
} from './push-device-repository.ts';

export type PushDeviceCommands = {
  /** Throws BAD_USER_INPUT for what is no token. */
  register(device: { userId: string; platform: PushPlatform; token: string }): Promise<PushDevice>;
  /** Throws NOT_FOUND. */
  unregister(userId: string, id: string): Promise<void>;
};

export function createPushDeviceCommands(deps: {
  db: Kysely<Tables>;
  /** Throws ACCOUNT_INACTIVE for who is erased; the user then does one thing at a time. */
  requirePresentAlone: (tx: Transaction<Tables>, userId: string) => Promise<void>;
}): PushDeviceCommands {
  return {
    async register(device) {
      const token = pushToken(device.token);
      return deps.db.transaction().execute(async (tx) => {
        await deps.requirePresentAlone(tx, device.userId);
        const registered = await upsertPushDevice(tx, { ...device, token });
        await deleteOldestPushDevices(tx, device.userId, maxPushDevices);
        return registered;
      });
    },
    async unregister(userId, id) {
      if (!(await deletePushDevice(deps.db, userId, id))) throw pushDeviceNotFound(id);
    },
  };
}

/** What erasing a user does to devices and what waits to be sent to them, inside the same transaction. */
export function erasePushDevicesOf(tx: Transaction<Tables>, userId: string): Promise<void> {
  return deletePushDevicesOf(tx, userId);
}
