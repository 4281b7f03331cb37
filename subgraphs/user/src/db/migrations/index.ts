import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createProfiles from './20261121090000-create-profiles.ts';
import * as createPostCounts from './20261121110000-create-post-counts.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  '20261121090000-create-profiles': createProfiles,
  ...outboxMigrations,
  '20261121110000-create-post-counts': createPostCounts,
  ...idempotencyMigrations,
};
