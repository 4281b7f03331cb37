import { isAppError } from '@nova/errors';
import type { Kysely, Transaction } from 'kysely';
import { type Account, accountLocked, accountNotFound } from '../accounts/account.ts';
import type { FailedLogins } from '../accounts/failed-logins.ts';
import type { Tables } from '../db/tables.ts';
import { codeInvalid } from './second-factor.ts';

/**
 * Runs `work` in a transaction with an account that is locked for it, unless sign-ins to it are. When it throws
 * TOTP_CODE_INVALID that counts as a failed sign-in, so that codes cannot be guessed. Throws ACCOUNT_LOCKED, NOT_FOUND.
 */
export type GuardCode = <T>(
  accountId: string,
  work: (tx: Transaction<Tables>, account: Account) => Promise<T>,
) => Promise<T>;

export function createGuardCode(deps: {
  db: Kysely<Tables>;
  lockForSignIn: (tx: Transaction<Tables>, id: string) => Promise<Account | undefined>;
  failedLogins: Pick<FailedLogins, 'count'>;
}): GuardCode {
  return async (accountId, work) => {
    const done = await deps.db
      .transaction()
      .execute(async (tx) => {
        const account = await deps.lockForSignIn(tx, accountId);
        return account && { result: await work(tx, account) };
      })
      .catch((error: unknown) => {
        if (isAppError(error) && error.code === 'TOTP_CODE_INVALID') return undefined;
        throw error;
      });
    if (done) return done.result;
    const failure = await deps.failedLogins.count({ id: accountId });
    if (!failure) throw accountNotFound();
    throw failure.lock ? accountLocked(failure.lock) : codeInvalid();
  };
}
