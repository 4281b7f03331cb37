import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { PushPlatform } from './push-device.ts';
import { insertPushJobs } from './push-job-repository.ts';

type Notices = Parameters<typeof insertPushJobs>[1];

/** Puts what is to be sent into the transaction of what happened; where no platform is on, nothing waits. */
export function createPushQueue(platforms: readonly PushPlatform[]) {
  return async (tx: Transaction<Tables>, notices: Notices): Promise<void> => {
    if (platforms.length > 0 && notices.length > 0) await insertPushJobs(tx, notices, platforms);
  };
}
