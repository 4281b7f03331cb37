import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  ...outboxMigrations,
  ...idempotencyMigrations,
};
