import { randomBytes } from 'node:crypto';
import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import { isUniqueViolation } from '@nova/postgres';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  type AccountFacts,
  changePrivacy,
  changeProfile,
  defaultProfile,
  erasedProfile,
  type PrivacyChanges,
  type Profile,
  type ProfileChanges,
} from './profile.ts';
import { appendProfileChanged } from './profile-events.ts';
import {
  clearAvatars,
  findProfiles,
  insertProfileIfAbsent,
  lockProfile,
  overwriteErasedProfile,
  updateProfile,
} from './profile-repository.ts';

export type ProfileCommands = {
  /** Changes the account's profile, making it first if there is none. Throws BAD_USER_INPUT, ACCOUNT_INACTIVE, CONFLICT. */
  update(account: AccountFacts, changes: ProfileChanges, origin: EventOrigin & Idempotent): Promise<Profile>;
};

export function createProfileCommands(deps: {
  db: Kysely<Tables>;
  purgeProfiles: (ids: readonly string[]) => Promise<void>;
}): ProfileCommands {
  return {
    update(account, changes, origin) {
      const updated = deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const changed = changeProfile(await holdProfile(tx, account), changes);
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
      // Whatever came of it: a commit whose answer was lost is one.
      return updated.finally(() => deps.purgeProfiles([account.id]));
    },
  };
}

/**
 * The account's profile, locked until the transaction ends and made first if there is none.
 * Throws ACCOUNT_INACTIVE for one that was deleted or erased, CONFLICT when another profile has the account's username.
 */
export async function holdProfile(tx: Transaction<Tables>, account: AccountFacts): Promise<Profile> {
  await insertProfileIfAbsent(tx, defaultProfile(account)).catch(usernameTaken);
  const profile = await lockProfile(tx, account.id);
  if (!profile) throw inactive();
  return profile;
}

/** Changes who sees a profile that the transaction holds. */
export async function updatePrivacy(
  tx: Transaction<Tables>,
  { profile, changes }: { readonly profile: Profile; readonly changes: PrivacyChanges },
  origin: EventOrigin,
): Promise<Profile> {
  const changed = changePrivacy(profile, changes);
  if (changed.visibility === profile.visibility && changed.isDiscoverable === profile.isDiscoverable) return profile;
  await updateProfile(tx, changed);
  await appendProfileChanged(tx, profile.id, origin);
  return changed;
}

/** Profiles no longer show an asset that is gone; returns whose. */
export async function removeAvatar(tx: Transaction<Tables>, assetId: string, origin: EventOrigin): Promise<string[]> {
  const userIds = await clearAvatars(tx, assetId);
  for (const userId of userIds) await appendProfileChanged(tx, userId, origin);
  return userIds;
}

/** For an erasure: nothing of what the person wrote or chose is left in the profile. */
export async function eraseProfile(tx: Transaction<Tables>, userId: string, origin: EventOrigin): Promise<void> {
  await overwriteErasedProfile(tx, erasedProfile(userId, randomBytes(6).toString('hex')));
  await appendProfileChanged(tx, userId, origin);
}

function inactive(): AppError {
  return new AppError('ACCOUNT_INACTIVE', 'Your account is not active.');
}

/** Another profile still goes by the username that the account has now. */
function usernameTaken(error: unknown): never {
  if (!isUniqueViolation(error, 'profiles_username')) throw error;
  throw new AppError('CONFLICT', 'Your username still belongs to another profile.', { cause: error });
}
