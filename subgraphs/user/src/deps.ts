import type { Accounts } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Tables } from './db/tables.ts';
import type { ErasureCommands } from './erasures/erasure-commands.ts';
import type { Assets, Relations } from './grpc/clients.ts';
import type { ProfileCommands } from './profiles/profile-commands.ts';
import type { StoredProfiles } from './profiles/stored-profiles.ts';
import type { QuotaCommands } from './quotas/quota-commands.ts';
import type { SettingsCommands } from './settings/settings-commands.ts';

/** What the doors of user are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly profiles: ProfileCommands;
  readonly storedProfiles: StoredProfiles;
  readonly settings: SettingsCommands;
  readonly quotas: QuotaCommands;
  readonly erasures: ErasureCommands;
  /** Of every user's storage. */
  readonly storageLimitBytes: bigint;
  readonly accounts: Accounts;
  readonly relations: Relations;
  readonly assets: Assets;
};
