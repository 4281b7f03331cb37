import type { MigrationSet } from '@nova/postgres';
import * as createOutbox from './20261121100000-create-outbox.ts';
import * as createInbox from './20261121100100-create-inbox.ts';
import * as createDeadLetters from './20261121100101-create-dead-letters.ts';
import * as wakeSleepingRelays from './20261121154900-wake-sleeping-relays.ts';

/** What every domain that publishes or consumes has in its schema. Frozen history, as the domains' own. */
export const outboxMigrations: MigrationSet = {
  '20261121100000-create-outbox': createOutbox,
  '20261121100100-create-inbox': createInbox,
  '20261121100101-create-dead-letters': createDeadLetters,
  '20261121154900-wake-sleeping-relays': wakeSleepingRelays,
};
