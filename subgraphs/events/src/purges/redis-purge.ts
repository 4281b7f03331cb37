import { purgeTags, type Redis } from '@nova/cache';
import { AppError } from '@nova/errors';
import type { Purge, PurgeCaches } from './purge.ts';

/** The gateways keep their cache together: one purge is for all. What Redis keeps outlives its absence, so the purge waits for it. */
export function createRedisPurge(options: { redis: Redis; purged(purge: Purge): void }): PurgeCaches {
  return async (purge) => {
    try {
      await purgeTags(options.redis, purge.tags);
    } catch (cause) {
      throw new AppError('SERVICE_UNAVAILABLE', 'Redis cannot be purged at the moment.', { cause });
    }
    options.purged(purge);
  };
}
