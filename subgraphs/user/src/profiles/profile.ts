import { AppError } from '@nova/errors';

/** Who sees a profile's bio and location besides its owner. */
export type ProfileVisibility = 'EVERYONE' | 'FOLLOWERS' | 'ONLY_ME';

export type Profile = {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly bio: string | null;
  readonly location: string | null;
  /** Of an asset of media. */
  readonly avatarId: string | null;
  readonly visibility: ProfileVisibility;
  /** Whether search and suggestions may show it to strangers. */
  readonly isDiscoverable: boolean;
  readonly joinedAt: Date;
};

/** What identity tells of an account. */
export type AccountFacts = { readonly id: string; readonly username: string; readonly createdAt: Date };

/** The profile of an account that never changed it. */
export function defaultProfile(account: AccountFacts): Profile {
  return {
    id: account.id,
    username: account.username,
    displayName: account.username,
    bio: null,
    location: null,
    avatarId: null,
    visibility: 'EVERYONE',
    isDiscoverable: true,
    joinedAt: account.createdAt,
  };
}

export type ProfileChanges = {
  readonly displayName?: string | null;
  readonly bio?: string | null;
  readonly location?: string | null;
  /** An image of the owner that can be shown; nothing here checks that. */
  readonly avatarId?: string | null;
};

/** The profile with the changes made: absent fields stay, null clears. Throws BAD_USER_INPUT naming the field. */
export function changeProfile(profile: Profile, changes: ProfileChanges): Profile {
  return {
    ...profile,
    displayName:
      changes.displayName === undefined ? profile.displayName : requiredText('displayName', changes.displayName, 50),
    bio: changes.bio === undefined ? profile.bio : optionalText('bio', changes.bio, 500),
    location: changes.location === undefined ? profile.location : optionalText('location', changes.location, 100),
    avatarId: changes.avatarId === undefined ? profile.avatarId : changes.avatarId,
  };
}

export type PrivacyChanges = {
  readonly visibility?: ProfileVisibility | null;
  readonly isDiscoverable?: boolean | null;
};

/** The profile with its privacy changed: what is absent or null stays. */
export function changePrivacy(profile: Profile, changes: PrivacyChanges): Profile {
  return {
    ...profile,
    visibility: changes.visibility ?? profile.visibility,
    isDiscoverable: changes.isDiscoverable ?? profile.isDiscoverable,
  };
}

/** What is left of an erased person: a face for what refers to it. `suffix` (12 letters or digits) makes its name unique. */
export function erasedProfile(id: string, suffix: string): Omit<Profile, 'joinedAt'> {
  return {
    id,
    username: `deleted_${suffix}`,
    displayName: 'Deleted user',
    bio: null,
    location: null,
    avatarId: null,
    visibility: 'EVERYONE',
    isDiscoverable: false,
  };
}

function requiredText(field: string, value: string | null, limit: number): string {
  const text = optionalText(field, value, limit);
  if (text !== null) return text;
  throw new AppError('BAD_USER_INPUT', `${field} must not be empty.`, { details: { field } });
}

function optionalText(field: string, value: string | null, limit: number): string | null {
  const text = value?.trim() ?? '';
  const length = [...text].length;
  if (length <= limit) return text === '' ? null : text;
  throw new AppError('BAD_USER_INPUT', `${field} has at most ${limit} characters, not ${length}.`, {
    details: { field, length, limit },
  });
}
