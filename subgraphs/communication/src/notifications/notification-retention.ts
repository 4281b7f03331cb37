import { inboxRetentionMs, startBackgroundLoop } from '@nova/outbox';
import { type Logger, type Running, StopStack } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { forgetDeletedSubjects } from './deleted-subject-repository.ts';
import { deleteOldNotifications } from './notification-repository.ts';
import { drainDeletedSubject } from './subject-deletion.ts';

const idleMs = 60 * 60_000;
/** Of what is gone nobody should read for long. */
const drainIdleMs = 1_000;
/** Of one transaction; there may be very many who like a post. */
const batch = { notifications: 500, actors: 5_000 };
/** Longer than any topic keeps a like or comment of what is gone. */
const forgotten = { olderThanMs: inboxRetentionMs, limit: 5_000 };

/**
 * Deletes notifications to which nothing was added for so many days, read or not, and those about what was deleted. Several
 * processes share the work.
 */
export function startNotificationRetention({
  db,
  days,
  log,
}: {
  db: Kysely<Tables>;
  days: number;
  log: Logger;
}): Running {
  const old = startBackgroundLoop({
    async work() {
      const notifications = await db.transaction().execute((tx) => deleteOldNotifications(tx, { days, batch }));
      const subjects = await forgetDeletedSubjects(db, forgotten);
      return { more: notifications.more || subjects.more };
    },
    idleMs,
    onFailure: (error) => log.error({ err: error }, 'old notifications wait to be deleted'),
  });
  const deleted = startBackgroundLoop({
    work: () => db.transaction().execute((tx) => drainDeletedSubject(tx, batch)),
    idleMs: drainIdleMs,
    onFailure: (error) => log.error({ err: error }, 'notifications of what is gone wait to be deleted'),
  });
  const stack = new StopStack();
  stack.add('old notifications', old.stop);
  stack.add('notifications of what is gone', deleted.stop);
  return { stop: () => stack.stop() };
}
