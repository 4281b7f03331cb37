import { type Connection, isUuid, type PageRequest, pageOf } from '@nova/postgres';
import type { CallOrigin } from '@nova/rpc';
import type { Identity, Logger } from '@nova/runtime';
import { type Accounts, createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Erasure } from '../erasures/erasure.ts';
import { findErasure, findErasureAnswers, listErasures } from '../erasures/erasure-repository.ts';
import { type FollowCounts, findFollowCounts } from '../follow-counts/follow-count-repository.ts';
import type { Relations } from '../grpc/clients.ts';
import { countPostsByUsers } from '../post-counts/post-count-repository.ts';
import { defaultProfile, type Profile } from '../profiles/profile.ts';
import { findDeletedProfileIds, findProfileByUsername } from '../profiles/profile-repository.ts';
import type { StoredProfiles } from '../profiles/stored-profiles.ts';
import { findUsedBytes } from '../quotas/quota-repository.ts';
import type { Preferences } from '../settings/settings.ts';
import { findPreferences } from '../settings/settings-repository.ts';

/** What resolvers read, made for one request. */
export type Loaders = {
  readonly profile: Loader<string, Profile | null>;
  readonly postCount: Loader<string, number | null>;
  readonly followCounts: Loader<string, FollowCounts | null>;
  /** Whether the signed-in user follows somebody; false for all while social cannot be asked. */
  readonly isFollowed: Loader<string, boolean | null>;
  readonly profileByUsername: (username: string) => Promise<Profile | null>;
  readonly preferences: (userId: string) => Promise<Preferences>;
  readonly usedBytes: (userId: string) => Promise<bigint>;
  readonly erasure: (userId: string) => Promise<Erasure | null>;
  readonly erasures: (page: PageRequest, open: boolean) => Promise<Connection<Erasure>>;
  /** When each domain answered, by the id of the erasure. */
  readonly erasureAnswers: Loader<string, ReadonlyMap<string, Date> | null>;
};

type Origin = CallOrigin & { readonly identity: Identity; readonly log: Logger };
type Sources = {
  db: Kysely<Tables>;
  storedProfiles: StoredProfiles;
  accounts: Accounts;
  relations: Relations;
  origin: Origin;
};

/** Profiles are read with one statement; accounts that have no profile yet cost one call to identity for all of them. */
export function createLoaders(sources: Sources): Loaders {
  const { db } = sources;
  const profile = createLoader((ids: readonly string[]) => loadProfiles(sources, ids));
  return {
    profile,
    postCount: createLoader((userIds) => countPostsByUsers(db, userIds)),
    followCounts: createLoader((userIds) => findFollowCounts(db, userIds)),
    isFollowed: createLoader((userIds) => loadFollowed(sources, userIds)),
    async profileByUsername(username) {
      const found = await findProfileByUsername(db, username);
      if (found) return found;
      const account = await sources.accounts.findActiveByUsername(username, sources.origin);
      const ofAccount = account ? await profile.load(account.id) : null;
      // An erased person's name leads nowhere, although identity may not have erased it yet.
      return ofAccount?.username === account?.username ? ofAccount : null;
    },
    preferences: (userId) => findPreferences(db, userId),
    usedBytes: (userId) => findUsedBytes(db, userId),
    erasure: async (userId) => (await findErasure(db, userId)) ?? null,
    erasures: async (page, open) => pageOf('erasure', page, await listErasures(db, page, open)),
    erasureAnswers: createLoader((erasureIds) => findErasureAnswers(db, erasureIds)),
  };
}

async function loadProfiles(sources: Sources, ids: readonly string[]): Promise<Map<string, Profile | Error>> {
  const found = new Map<string, Profile | Error>();
  for (const profile of await sources.storedProfiles.find(ids)) found.set(profile.id, profile);
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

/** What cannot be asked is not shown: the rest of the profiles is still answered. */
async function loadFollowed({ relations, origin }: Sources, ids: readonly string[]): Promise<Map<string, boolean>> {
  const { identity, log } = origin;
  if (identity.kind === 'anonymous') return new Map();
  try {
    const followed = await relations.followedBy(identity.userId, ids, origin);
    return new Map([...followed].map((id) => [id, true]));
  } catch (error) {
    log.warn(
      { err: error, profiles: ids.length },
      'social could not be asked who follows: followers see no more than strangers',
    );
    return new Map();
  }
}
