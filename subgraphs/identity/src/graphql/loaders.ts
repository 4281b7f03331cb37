import { createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Account } from '../accounts/account.ts';
import { findAccounts } from '../accounts/account-repository.ts';
import type { Tables } from '../db/tables.ts';
import { findLinkedProviders, type LinkedProvider } from '../linked-accounts/linked-account-repository.ts';
import { findSecondFactors, type SecondFactor } from '../second-factor/second-factor-repository.ts';

/** What resolvers read, made for one request; each loader sends one statement a batch. */
export type Loaders = {
  /** Null for accounts that are not active. */
  readonly account: Loader<string, Account | null>;
  /** Null for accounts without a confirmed one. */
  readonly secondFactor: Loader<string, SecondFactor | null>;
  /** Null for accounts without any. */
  readonly linkedProviders: Loader<string, LinkedProvider[] | null>;
};

export function createLoaders(db: Kysely<Tables>): Loaders {
  return {
    account: createLoader(async (ids) => {
      const accounts = await findAccounts(db, ids);
      return new Map(accounts.filter(({ isActive }) => isActive).map((account) => [account.id, account]));
    }),
    secondFactor: createLoader((ids) => findSecondFactors(db, ids)),
    linkedProviders: createLoader((ids) => findLinkedProviders(db, ids)),
  };
}
