import { AppError } from '@nova/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type AccountFacts, changeProfile, defaultProfile, type Profile, type ProfileChanges } from './profile.ts';
import { insertProfileIfAbsent, lockProfile, updateProfile } from './profile-repository.ts';

export type ProfileCommands = {
  /** Changes the account's profile, making it first if there is none. Throws BAD_USER_INPUT, ACCOUNT_INACTIVE. */
  update(account: AccountFacts, changes: ProfileChanges): Promise<Profile>;
};

export function createProfileCommands(deps: { db: Kysely<Tables> }): ProfileCommands {
  return {
    update(account, changes) {
      const fallback = changeProfile(defaultProfile(account), changes);
      return deps.db.transaction().execute(async (tx) => {
        await insertProfileIfAbsent(tx, fallback);
        const current = await lockProfile(tx, account.id);
        if (!current) throw new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
        const changed = changeProfile(current, changes);
        await updateProfile(tx, changed);
        return changed;
      });
    },
  };
}
