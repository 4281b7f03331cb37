import type { ReadCaches } from '@nova/cache';
import { isUuid } from '@nova/postgres';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../db/tables.ts';
import type { Post } from './post.ts';
import { findPosts } from './post-repository.ts';

/** Posts by id for readers, who may get them from a cache. Who sees them is decided afterwards, for each viewer. */
export type StoredPosts = {
  find(ids: readonly string[]): Promise<Post[]>;
  /** After each commit that changed or deleted posts. Never rejects. */
  purge(ids: readonly string[]): Promise<void>;
};

const post: z.ZodType<Post> = z.object({
  id: z.string(),
  authorId: z.string(),
  body: z.string(),
  visibility: z.enum(['PUBLIC', 'FOLLOWERS']),
  createdAt: z.coerce.date(),
  editedAt: z.coerce.date().nullable(),
});

export function createStoredPosts({ db, caches }: { db: Kysely<Tables>; caches: ReadCaches }): StoredPosts {
  const cache = caches.open<Post>({ name: 'post', read: post.parse });
  return {
    async find(ids) {
      const found = await cache.getMany(ids.filter(isUuid), async (missing) => {
        const posts = await findPosts(db, missing);
        return new Map(posts.map((each) => [each.id, each]));
      });
      return [...found.values()];
    },
    purge: (ids) => cache.purge(ids.filter(isUuid)),
  };
}
