import type { Profile } from '../profiles/profile.ts';
import type { Preferences } from '../settings/settings.ts';
import type { Context } from './context.ts';

/** A person's settings as the graph shows them: those of the profile and those beside it. */
export function toSettings({ visibility, isDiscoverable }: Profile, { language, timeZone }: Preferences) {
  return { profileVisibility: visibility, isDiscoverable, language, timeZone };
}

/** Null without an active profile. */
export async function readSettings(userId: string, { loaders }: Context) {
  const profile = await loaders.profile.load(userId);
  return profile && toSettings(profile, await loaders.preferences(userId));
}

/** In bytes. */
export async function readStorage(userId: string, { loaders, storageLimitBytes }: Context) {
  return { usedBytes: Number(await loaders.usedBytes(userId)), limitBytes: Number(storageLimitBytes) };
}
