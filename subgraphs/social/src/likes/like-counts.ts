import type { ReadCaches } from '@nova/cache';
import { isUuid } from '@nova/postgres';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../db/tables.ts';
import { countLikesByPosts } from './like-repository.ts';

/** How many like posts, for readers, who may get it from a cache. */
export type LikeCounts = {
  find(postIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** After each commit that changed counts. Never rejects. */
  purge(postIds: readonly string[]): Promise<void>;
};

const likeCount = z.number().int();

export function createLikeCounts({ db, caches }: { db: Kysely<Tables>; caches: ReadCaches }): LikeCounts {
  const cache = caches.open<number>({ name: 'like-count', read: likeCount.parse });
  return {
    find: (postIds) =>
      cache.getMany(postIds.filter(isUuid), async (missing) => {
        const counts = await countLikesByPosts(db, missing);
        // Most posts have none, and that is worth keeping too.
        return new Map(missing.map((id) => [id, counts.get(id) ?? 0]));
      }),
    purge: (postIds) => cache.purge(postIds.filter(isUuid)),
  };
}
