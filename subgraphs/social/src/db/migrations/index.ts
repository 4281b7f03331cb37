import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createRelations from './20261122020000-create-relations.ts';
import * as createLikes from './20261122020100-create-likes.ts';
import * as createTimelines from './20261122020200-create-timelines.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  ...outboxMigrations,
  ...idempotencyMigrations,
  '20261122020000-create-relations': createRelations,
  '20261122020100-create-likes': createLikes,
  '20261122020200-create-timelines': createTimelines,
};
