import type { Kysely } from 'kysely';
import type { Tables } from './db/tables.ts';
import type { DeadLetterCommands, LetterOwners } from './dead-letters/dead-letter-commands.ts';
import type { EventType } from './event-types/event-type.ts';

/** What the doors of events are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly eventTypes: readonly EventType[];
  readonly deadLetters: DeadLetterCommands;
  readonly owners: LetterOwners;
};
