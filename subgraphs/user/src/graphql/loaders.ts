import { isUuid } from '@nova/postgres';
import type { CallOrigin } from '@nova/rpc';
import { createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Accounts } from '../grpc/clients.ts';
import { countPostsByUsers } from '../post-counts/post-count-repository.ts';
import { defaultProfile, type Profile } from '../profiles/profile.ts';
import { findDeletedProfileIds, findProfileByUsername, findProfiles } from '../profiles/profile-repository.ts';

/** What resolvers read, made for one request. */
export type Loaders = {
  readonly profile: Loader<string, Profile | null>;
  readonly postCount: Loader<string, number | null>;
  readonly profileByUsername: (username: string) => Promise<Profile | null>;
};

type Sources = { db: Kysely<Tables>; accounts: Accounts; origin: CallOrigin };

/** Profiles are read with one statement; accounts that have no profile yet cost one call to identity for all of them. */
export function createLoaders(sources: Sources): Loaders {
  const profile = createLoader((ids: readonly string[]) => loadProfiles(sources, ids));
  return {
    profile,
    postCount: createLoader((userIds) => countPostsByUsers(sources.db, userIds)),
    async profileByUsername(username) {
      const found = await findProfileByUsername(sources.db, username);
      if (found) return found;
      const account = await sources.accounts.findActiveByUsername(username, sources.origin);
      return account ? profile.load(account.id) : null;
    },
  };
}

async function loadProfiles(sources: Sources, ids: readonly string[]): Promise<Map<string, Profile | Error>> {
  const found = new Map<string, Profile | Error>();
  for (const profile of await findProfiles(sources.db, ids)) found.set(profile.id, profile);
  const missing = ids.filter((id) => isUuid(id) && !found.has(id));
  if (missing.length === 0) return found;
  const deleted = await findDeletedProfileIds(sources.db, missing);
  const wanted = missing.filter((id) => !deleted.has(id));
  try {
    for (const account of await sources.accounts.findActive(wanted, sources.origin)) {
      found.set(account.id, defaultProfile(account));
    }
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    for (const id of wanted) found.set(id, failure);
  }
  return found;
}
