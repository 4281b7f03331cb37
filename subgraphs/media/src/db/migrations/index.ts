import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createAssets from './20261122020000-create-assets.ts';
import * as findGivenUpUploads from './20261122100000-find-given-up-uploads.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  ...outboxMigrations,
  ...idempotencyMigrations,
  '20261122020000-create-assets': createAssets,
  '20261122100000-find-given-up-uploads': findGivenUpUploads,
};
