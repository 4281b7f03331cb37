import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import { isUniqueViolation } from '@nova/postgres';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type AccountFacts, changeProfile, defaultProfile, type Profile, type ProfileChanges } from './profile.ts';
import { appendProfileChanged } from './profile-events.ts';
import { findProfiles, insertProfileIfAbsent, lockProfile, updateProfile } from './profile-repository.ts';

export type ProfileCommands = {
  /** Changes the account's profile, making it first if there is none. Throws BAD_USER_INPUT, ACCOUNT_INACTIVE, CONFLICT. */
  update(account: AccountFacts, changes: ProfileChanges, origin: EventOrigin & Idempotent): Promise<Profile>;
};

export function createProfileCommands(deps: { db: Kysely<Tables> }): ProfileCommands {
  return {
    update(account, changes, origin) {
      const fallback = changeProfile(defaultProfile(account), changes);
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            await insertProfileIfAbsent(tx, fallback).catch(usernameTaken);
            const current = await lockProfile(tx, account.id);
            if (!current) throw inactive();
            const changed = changeProfile(current, changes);
            await updateProfile(tx, changed);
            await appendProfileChanged(tx, account.id, origin);
            return changed;
          },
          idOf: (profile) => profile.id,
          async earlier(id) {
            const [profile] = await findProfiles(tx, [id]);
            if (!profile) throw inactive();
            return profile;
          },
        }),
      );
    },
  };
}

function inactive(): AppError {
  return new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
}

/** Another profile still goes by the username that the account has now. */
function usernameTaken(error: unknown): never {
  if (!isUniqueViolation(error, 'profiles_username')) throw error;
  throw new AppError('CONFLICT', 'Your username still belongs to another profile.', { cause: error });
}
