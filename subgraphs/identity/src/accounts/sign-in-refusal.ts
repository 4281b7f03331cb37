import { AppError } from '@nova/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { accountLocked } from './account.ts';
import { findUndeletedAccount } from './account-repository.ts';

/** Why somebody who has shown who they are may not sign in: ACCOUNT_LOCKED or ACCOUNT_INACTIVE. */
export async function signInRefusal(db: Kysely<Tables>, accountId: string): Promise<AppError> {
  const lockedUntil = (await findUndeletedAccount(db, accountId))?.lockedUntil;
  if (!lockedUntil) return new AppError('ACCOUNT_INACTIVE', 'The account is not active.');
  return accountLocked({ lockedUntil, retryAfterSeconds: Math.ceil((lockedUntil.getTime() - Date.now()) / 1_000) });
}
