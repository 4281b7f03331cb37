import type { MigrationSet } from '@nova/postgres';
import * as createOutbox from './20261121100000-create-outbox.ts';

/** What every domain that publishes or consumes has in its schema. Frozen history, as the domains' own. */
export const outboxMigrations: MigrationSet = { '20261121100000-create-outbox': createOutbox };
