import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createAuditEvents from './20261122020000-create-audit-events.ts';
import * as createAnnouncedLetters from './20261122020100-create-announced-letters.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  ...outboxMigrations,
  '20261122020000-create-audit-events': createAuditEvents,
  '20261122020100-create-announced-letters': createAnnouncedLetters,
};
