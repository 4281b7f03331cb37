export { endedBy, entityTag, everything, generationKey, isPurgeTag, purgeTags } from './cache-tags.ts';
export { announceEndedSession, type EndedSession, hearEndedSessions } from './ended-sessions.ts';
export type { ReadCache } from './read-cache/read-cache.ts';
export { openReadCaches, type ReadCaches } from './read-cache/read-caches.ts';
export { type ReadCacheSettings, readCacheSettings, toReadCacheSettings } from './read-cache/settings.ts';
export { openRedis, type Redis, type RedisConnection, redisSettings } from './redis.ts';
