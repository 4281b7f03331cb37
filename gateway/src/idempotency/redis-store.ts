import { randomUUID } from 'node:crypto';
import type { Redis } from '@nova/cache';
import { type IdempotencyStore, keepAnswerMs, type StoredAnswer } from './store.ts';

/** What stands at a key. The text of a running entry is unique, and is the token. */
type Entry =
  | { readonly fingerprint: string; readonly token: string }
  | ({ readonly fingerprint: string } & StoredAnswer);

const finishScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 0`;

const releaseScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`;

/** Shared by all gateways of one Redis. */
export function createRedisStore(redis: Redis): IdempotencyStore {
  const keyOf = (scope: string) => `nova:idempotency:${scope}`;
  const release = async (scope: string, token: string): Promise<void> => {
    await redis.eval(releaseScript, 1, keyOf(scope), token);
  };
  const take = async (scope: string, token: string, leaseMs: number): Promise<string | null> => {
    try {
      return await redis.set(keyOf(scope), token, 'PX', leaseMs, 'NX', 'GET');
    } catch (error) {
      // The command may arrive yet; what follows it on the same connection undoes it.
      release(scope, token).catch(() => undefined);
      throw error;
    }
  };
  return {
    async begin(scope, fingerprint, leaseMs) {
      const token = JSON.stringify({ fingerprint, token: randomUUID() } satisfies Entry);
      const text = await take(scope, token, leaseMs);
      if (text === null) return { kind: 'begun', token };
      const taken = JSON.parse(text) as Entry;
      if (taken.fingerprint !== fingerprint) return { kind: 'reused' };
      if ('token' in taken) return { kind: 'running' };
      return { kind: 'done', answer: { status: taken.status, body: taken.body } };
    },
    async finish(scope, token, { status, body }) {
      const { fingerprint } = JSON.parse(token) as Entry;
      const entry = JSON.stringify({ fingerprint, status, body } satisfies Entry);
      await redis.eval(finishScript, 1, keyOf(scope), token, entry, keepAnswerMs);
    },
    release,
  };
}
