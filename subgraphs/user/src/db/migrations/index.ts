import { idempotencyMigrations } from '@nova/idempotency/migrations';
import { outboxMigrations } from '@nova/outbox/migrations';
import type { MigrationSet } from '@nova/postgres';
import * as createProfiles from './20261121090000-create-profiles.ts';
import * as createPostCounts from './20261121110000-create-post-counts.ts';
import * as addPrivacyAndAvatar from './20261122020000-add-privacy-and-avatar.ts';
import * as createQuotas from './20261122020100-create-quotas.ts';
import * as createSettings from './20261122020200-create-settings.ts';
import * as createFollowCounts from './20261122020300-create-follow-counts.ts';
import * as createErasures from './20261122020400-create-erasures.ts';

/** Frozen history: a migration that has landed is never changed, only followed. */
export const migrations: MigrationSet = {
  '20261121090000-create-profiles': createProfiles,
  ...outboxMigrations,
  '20261121110000-create-post-counts': createPostCounts,
  ...idempotencyMigrations,
  '20261122020000-add-privacy-and-avatar': addPrivacyAndAvatar,
  '20261122020100-create-quotas': createQuotas,
  '20261122020200-create-settings': createSettings,
  '20261122020300-create-follow-counts': createFollowCounts,
  '20261122020400-create-erasures': createErasures,
};
