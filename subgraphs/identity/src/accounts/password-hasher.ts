import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { createBulkhead } from '@nova/resilience';

export type PasswordHasher = {
  /** Resolves with an argon2id hash in PHC form. */
  hash(password: string, signal?: AbortSignal): Promise<string>;
  /** Against no hash it is false, after the same work as against one. */
  matches(password: string, passwordHash: string | null, signal?: AbortSignal): Promise<boolean>;
};

/**
 * argon2id, which is meant to be slow and to need memory: at most `maxRunning` passwords are worked on and `maxQueued`
 * wait; beyond that calls reject with OVERLOADED.
 */
export async function createPasswordHasher(options: {
  memoryKib: number;
  passes: number;
  lanes: number;
  maxRunning: number;
  maxQueued: number;
  /** Called when the work on one password begins. */
  onWork?: (kind: 'hash' | 'match') => void;
}): Promise<PasswordHasher> {
  const { maxRunning, maxQueued, onWork } = options;
  const bulkhead = createBulkhead({ name: 'a password check', maxRunning, maxQueued });
  const cost = { memoryCost: options.memoryKib, timeCost: options.passes, parallelism: options.lanes };
  const nobodysHash = await hash(randomBytes(32), cost);
  return {
    hash(password, signal) {
      return bulkhead.run(() => {
        onWork?.('hash');
        return hash(canonical(password), cost);
      }, signal);
    },
    matches(password, passwordHash, signal) {
      return bulkhead.run(async () => {
        onWork?.('match');
        const matches = await verify(passwordHash ?? nobodysHash, canonical(password));
        return matches && passwordHash !== null;
      }, signal);
    },
  };
}

/** Keyboards write the same character in different ways; all of them are one password. */
function canonical(password: string): string {
  return password.normalize('NFKC');
}
