export { announceEndedSession, type EndedSession, hearEndedSessions } from './ended-sessions.ts';
export { openRedis, type Redis, type RedisConnection, redisSettings } from './redis.ts';
