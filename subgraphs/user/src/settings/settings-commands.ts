import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { AccountFacts, PrivacyChanges, Profile } from '../profiles/profile.ts';
import { changePreferences, type Preferences } from './settings.ts';
import { deletePreferences, findPreferences, savePreferences } from './settings-repository.ts';

/** What only its owner sees and sets: the privacy of the profile, and preferences. */
export type Settings = { readonly profile: Profile; readonly preferences: Preferences };
export type SettingsChanges = { readonly privacy: PrivacyChanges; readonly preferences: Partial<Preferences> };

export type SettingsCommands = {
  /** Absent settings stay as they are. Throws BAD_USER_INPUT, ACCOUNT_INACTIVE, CONFLICT. */
  update(account: AccountFacts, changes: SettingsChanges, origin: EventOrigin & Idempotent): Promise<Settings>;
};

type PrivacyUpdate = { readonly profile: Profile; readonly changes: PrivacyChanges };

export function createSettingsCommands(deps: {
  db: Kysely<Tables>;
  holdProfile: (tx: Transaction<Tables>, account: AccountFacts) => Promise<Profile>;
  updatePrivacy: (tx: Transaction<Tables>, update: PrivacyUpdate, origin: EventOrigin) => Promise<Profile>;
  purgeProfiles: (ids: readonly string[]) => Promise<void>;
}): SettingsCommands {
  return {
    update(account, { privacy, preferences }, origin) {
      const updated = deps.db.transaction().execute(async (tx) => {
        const read = async () => ({
          profile: await deps.holdProfile(tx, account),
          preferences: await findPreferences(tx, account.id),
        });
        return once(tx, origin.idempotency, {
          async effect() {
            const current = await read();
            const changed = changePreferences(current.preferences, preferences);
            await savePreferences(tx, account.id, changed);
            const profile = await deps.updatePrivacy(tx, { profile: current.profile, changes: privacy }, origin);
            return { profile, preferences: changed };
          },
          idOf: ({ profile }) => profile.id,
          earlier: read,
        });
      });
      return updated.finally(() => deps.purgeProfiles([account.id]));
    },
  };
}

/** For an erasure. */
export function eraseSettings(tx: Transaction<Tables>, userId: string): Promise<void> {
  return deletePreferences(tx, userId);
}
