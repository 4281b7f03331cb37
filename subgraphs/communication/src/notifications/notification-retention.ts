import { startBackgroundLoop } from '@nova/outbox';
import type { Logger, Running } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { deleteOldNotifications } from './notification-repository.ts';

const idleMs = 60 * 60_000;
/** Of one transaction; there may be very many who like a post. */
const batch = { notifications: 500, actors: 5_000 };

/** Deletes notifications to which nothing was added for so many days, read or not. Several processes share the work. */
export function startNotificationRetention({
  db,
  days,
  log,
}: {
  db: Kysely<Tables>;
  days: number;
  log: Logger;
}): Running {
  return startBackgroundLoop({
    work: () => db.transaction().execute((tx) => deleteOldNotifications(tx, { days, batch })),
    idleMs,
    onFailure: (error) => log.error({ err: error }, 'old notifications wait to be deleted'),
  });
}
