import type { RedisConnection } from '@nova/cache';
import { AppError } from '@nova/errors';
import { LRUCache } from 'lru-cache';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { takeFromWindow, takeFromWindowScript, type WindowState } from './sliding-window.ts';

/** So many points within so many seconds. */
export type Rate = { readonly points: number; readonly seconds: number };

/** What a caller has left after a request. */
export type Quota = {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the request that was refused may be sent again, or until the window ends. */
  readonly waitSeconds: number;
  readonly isAllowed: boolean;
};

/** Rejects with SERVICE_UNAVAILABLE when it cannot count and may not guess. */
export type Limiter = (key: string, points: number) => Promise<Quota>;

export type LimiterOptions = {
  readonly name: string;
  readonly rate: Rate;
  /** Without it this process counts for itself. */
  readonly redis: RedisConnection | undefined;
  /** What happens while Redis is away: `open` counts in this process, `closed` refuses. */
  readonly onFailure: 'open' | 'closed';
  readonly now: () => number;
};

/** What a count says: points consumed, beyond the limit when refused, and the wait. */
type Count = { readonly consumed: number; readonly waitMs: number };

type Counter = (key: string, points: number) => Promise<Count> | Count;

export function createLimiter({ name, rate, redis, onFailure, now }: LimiterOptions): Limiter {
  const inProcess = countInProcess(rate, now);
  const count = redis ? countInRedis(`nova:rate:${name}`, rate, redis) : inProcess;
  const countSomehow = async (key: string, points: number): Promise<Count> => {
    try {
      return await count(key, points);
    } catch (cause) {
      if (onFailure === 'open') return inProcess(key, points);
      throw new AppError('SERVICE_UNAVAILABLE', 'Requests cannot be counted at the moment; try again.', { cause });
    }
  };
  return async (key, points) => {
    const { consumed, waitMs } = await countSomehow(key, points);
    return {
      limit: rate.points,
      remaining: Math.max(0, rate.points - consumed),
      waitSeconds: Math.ceil(waitMs / 1000),
      isAllowed: consumed <= rate.points,
    };
  };
}

function countInRedis(keyPrefix: string, { points: limit, seconds }: Rate, { client }: RedisConnection): Counter {
  const limiter = new RateLimiterRedis({
    storeClient: client,
    keyPrefix,
    points: limit,
    duration: seconds,
    customIncrTtlLuaScript: takeFromWindowScript,
    rejectIfRedisNotReady: true,
  });
  return async (key, points) => {
    const { consumedPoints, msBeforeNext } = await limiter.consume(key, points).catch((reason: unknown) => {
      if (reason instanceof RateLimiterRes) return reason;
      throw reason;
    });
    return { consumed: consumedPoints, waitMs: msBeforeNext };
  };
}

/** Callers that are remembered, at most; the one that was away for longest is forgotten first. */
const maxCallers = 100_000;

function countInProcess({ points: limit, seconds }: Rate, now: () => number): Counter {
  const windowMs = 1000 * seconds;
  const states = new LRUCache<string, WindowState>({ max: maxCallers, ttl: 2 * windowMs });
  return (key, points) => {
    const { state, ...count } = takeFromWindow(states.get(key), { points, limit, windowMs, nowMs: now() });
    states.set(key, state);
    return count;
  };
}
