import type { MigrationSet } from '@nova/postgres';
import * as createEventLog from './20261121100000-create-event-log.ts';

/** The schema `event_log`. Frozen history, as the domains' own. */
export const eventLogMigrations: MigrationSet = { '20261121100000-create-event-log': createEventLog };
