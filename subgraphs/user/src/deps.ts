import type { Kysely } from 'kysely';
import type { Tables } from './db/tables.ts';
import type { Accounts } from './grpc/clients.ts';
import type { ProfileCommands } from './profiles/profile-commands.ts';

/** What the doors of user are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly profiles: ProfileCommands;
  readonly accounts: Accounts;
};
