import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Account } from './account.ts';
import { appendAccountRegistered } from './account-events.ts';
import { insertAccount } from './account-repository.ts';

/** A new account, and the event of it. Throws EMAIL_TAKEN, USERNAME_TAKEN. */
export async function createAccount(
  tx: Transaction<Tables>,
  input: { email: string; username: string; passwordHash: string | null },
  origin: EventOrigin,
): Promise<Account> {
  const account = await insertAccount(tx, input);
  await appendAccountRegistered(tx, { account, origin });
  return account;
}
