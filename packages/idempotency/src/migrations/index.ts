import type { MigrationSet } from '@nova/postgres';
import * as createIdempotencyKeys from './20261121180000-create-idempotency-keys.ts';

/** What every domain with commands has in its schema. Frozen history, as the domains' own. */
export const idempotencyMigrations: MigrationSet = {
  '20261121180000-create-idempotency-keys': createIdempotencyKeys,
};
