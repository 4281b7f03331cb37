export { endedBy, entityTag, everything, generationKey, isPurgeTag, purgeTags } from './cache-tags.ts';
export { announceEndedSession, type EndedSession, hearEndedSessions } from './ended-sessions.ts';
export { openRedis, type Redis, type RedisConnection, redisSettings } from './redis.ts';
