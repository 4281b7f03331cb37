import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createConversations from './20261122020000-create-conversations.ts';
import * as createPrekeys from './20261122020100-create-prekeys.ts';
import * as createNotifications from './20261122020200-create-notifications.ts';
import * as createPushJobs from './20261122020300-create-push-jobs.ts';
import * as findOldNotifications from './20261122100000-find-old-notifications.ts';
import * as rememberDeletedSubjects from './20261122110000-remember-deleted-subjects.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  ...outboxMigrations,
  ...idempotencyMigrations,
  '20261122020000-create-conversations': createConversations,
  '20261122020100-create-prekeys': createPrekeys,
  '20261122020200-create-notifications': createNotifications,
  '20261122020300-create-push-jobs': createPushJobs,
  '20261122100000-find-old-notifications': findOldNotifications,
  '20261122110000-remember-deleted-subjects': rememberDeletedSubjects,
};
