import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createAccountsAndSessions from './20261121090000-create-accounts-and-sessions.ts';
import * as addAccountRoles from './20261121184500-add-account-roles.ts';
import * as indexRevokedSessions from './20261121184600-index-revoked-sessions.ts';
import * as createUserPermissions from './20261122020000-create-user-permissions.ts';
import * as endSessionsByErasure from './20261122020100-end-sessions-by-erasure.ts';
import * as createSecondFactors from './20261122020200-create-second-factors.ts';
import * as createLinkedAccounts from './20261122020300-create-linked-accounts.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  '20261121090000-create-accounts-and-sessions': createAccountsAndSessions,
  '20261121184500-add-account-roles': addAccountRoles,
  '20261121184600-index-revoked-sessions': indexRevokedSessions,
  '20261122020000-create-user-permissions': createUserPermissions,
  '20261122020100-end-sessions-by-erasure': endSessionsByErasure,
  '20261122020200-create-second-factors': createSecondFactors,
  '20261122020300-create-linked-accounts': createLinkedAccounts,
  ...outboxMigrations,
  ...idempotencyMigrations,
};
