import type { ReadCaches } from '@nova/cache';
import { isUuid } from '@nova/postgres';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../db/tables.ts';
import type { Profile } from './profile.ts';
import { findProfiles } from './profile-repository.ts';

/** Profiles by id for readers, who may get them from a cache. */
export type StoredProfiles = {
  find(ids: readonly string[]): Promise<Profile[]>;
  /** After each commit that changed profiles. Never rejects. */
  purge(ids: readonly string[]): Promise<void>;
};

const profile: z.ZodType<Profile> = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  bio: z.string().nullable(),
  location: z.string().nullable(),
  avatarId: z.string().nullable(),
  visibility: z.enum(['EVERYONE', 'FOLLOWERS', 'ONLY_ME']),
  isDiscoverable: z.boolean(),
  joinedAt: z.coerce.date(),
});

export function createStoredProfiles({ db, caches }: { db: Kysely<Tables>; caches: ReadCaches }): StoredProfiles {
  const cache = caches.open<Profile>({ name: 'profile', read: profile.parse });
  return {
    async find(ids) {
      const found = await cache.getMany(ids.filter(isUuid), async (missing) => {
        const profiles = await findProfiles(db, missing);
        return new Map(profiles.map((each) => [each.id, each]));
      });
      return [...found.values()];
    },
    purge: (ids) => cache.purge(ids.filter(isUuid)),
  };
}
