export { openRedis, type Redis, type RedisConnection, redisSettings } from './redis.ts';
