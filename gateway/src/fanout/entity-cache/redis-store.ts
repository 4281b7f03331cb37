import { randomBytes } from 'node:crypto';
import { generationKey, purgeTags, type Redis } from '@nova/cache';
import type { CacheStore } from './store.ts';

/** Answers the time and each tag's generation: the one it has, whose life is prolonged, or a new one. */
const generationsScript = `
local time = redis.call('TIME')
local answer = { time[1] * 1000 + math.floor(time[2] / 1000) }
for at, key in ipairs(KEYS) do
  local generation = redis.call('GETEX', key, 'PX', ARGV[2])
  if not generation then
    generation = ARGV[1]
    redis.call('SET', key, generation, 'PX', ARGV[2])
  end
  answer[at + 1] = generation
end
return answer`;

/** Without the tag being used; one that ended early costs a miss. */
const generationLifeMs = 6 * 3_600_000;

/**
 * Shared by all gateways of one Redis. A generation that Redis lost or evicted has ended, so that nothing is served because
 * a purge was forgotten.
 */
export function createRedisStore(redis: Redis): CacheStore {
  return {
    async look(keys, tags) {
      const begun = randomBytes(9).toString('base64url');
      const [values, generations] = await Promise.all([
        keys.length === 0 ? [] : redis.mget(...keys),
        redis.eval(generationsScript, tags.length, ...tags.map(generationKey), begun, generationLifeMs),
      ]);
      const [nowMs, ...current] = generations as [number, ...string[]];
      return { nowMs, values: values.map((value) => value ?? undefined), generations: current };
    },
    async keep(entries) {
      const pipeline = redis.pipeline();
      for (const { key, value, lifeMs } of entries) pipeline.set(key, value, 'PX', lifeMs);
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    },
    purge: (tags) => purgeTags(redis, tags),
  };
}
