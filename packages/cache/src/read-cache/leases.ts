import { randomBytes } from 'node:crypto';
import type { Redis } from '../redis.ts';

/** What Redis has for a key: a value, or the lease under which one that is loaded from now on may be kept. */
export type Held = { readonly value: string } | { readonly lease: string };

export type Loaded = { readonly key: string; readonly lease: string; readonly value: string };

/** Answers what each key has; one that has nothing gets a lease. */
const lookScript = `
local answer = {}
for at, key in ipairs(KEYS) do
  local held = redis.call('GET', key)
  if not held then
    held = ARGV[1]
    redis.call('SET', key, held, 'PX', ARGV[2])
  end
  answer[at] = held
end
return answer`;

/** Gives a key its value where it still has the lease. */
const keepScript = `
for at, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[2 * at] then
    redis.call('SET', key, ARGV[2 * at + 1], 'PX', ARGV[1])
  end
end`;

const leaseMark = 'L';
const valueMark = 'V';
/** Longer than a load takes; what is loaded later is not kept. */
const leaseMs = 10_000;

/**
 * Texts in Redis. A value is kept under a lease that was taken before its load began, and a purge takes lease and value away: what
 * was read before a purge cannot be kept after it. Methods reject while Redis is away.
 */
export function createLeases(redis: Redis) {
  return {
    /** In the order of the keys. */
    async look(keys: readonly string[]): Promise<readonly Held[]> {
      const lease = leaseMark + randomBytes(9).toString('base64url');
      const texts = (await redis.eval(lookScript, keys.length, ...keys, lease, leaseMs)) as string[];
      return texts.map((text) => (text.startsWith(valueMark) ? { value: text.slice(1) } : { lease: text }));
    },
    async keep(loaded: readonly Loaded[], lifeMs: number): Promise<void> {
      const pairs = loaded.flatMap(({ lease, value }) => [lease, valueMark + value]);
      await redis.eval(keepScript, loaded.length, ...loaded.map(({ key }) => key), lifeMs, ...pairs);
    },
    async purge(keys: readonly string[]): Promise<void> {
      await redis.unlink(...keys);
    },
  };
}
