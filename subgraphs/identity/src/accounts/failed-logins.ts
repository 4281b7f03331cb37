import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Telemetry } from '../telemetry.ts';
import { countFailedLogin, type FailureCount } from './account-repository.ts';

export type FailedLogins = {
  /** Counts a failed sign-in, and locks the account that has had too many. Undefined when there is no such account. */
  count(account: { readonly email: string } | { readonly id: string }): Promise<FailureCount | undefined>;
  /** The same for a locked account only; undefined when it is not. */
  countWhileLocked(account: { readonly email: string }): Promise<FailureCount | undefined>;
};

export function createFailedLogins(deps: {
  db: Kysely<Tables>;
  lockout: { readonly maxFailures: number; readonly lockSeconds: number };
  telemetry: Pick<Telemetry, 'accountLocked'>;
}): FailedLogins {
  const { db, lockout, telemetry } = deps;
  return {
    async count(account) {
      const failure = await countFailedLogin(db, { ...lockout, account });
      if (failure?.hasLockedNow) telemetry.accountLocked(failure.accountId);
      return failure;
    },
    countWhileLocked: (account) => countFailedLogin(db, { ...lockout, account, onlyWhileLocked: true }),
  };
}
