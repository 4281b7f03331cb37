import { AppError } from '@nova/errors';

/** How a person wants to be spoken to; null where they have not said. */
export type Preferences = {
  /** BCP 47, as `en-GB`. */
  readonly language: string | null;
  /** IANA, as `Europe/Berlin`. */
  readonly timeZone: string | null;
};

export const noPreferences: Preferences = { language: null, timeZone: null };

/** The preferences with the changes made: absent fields stay, null clears. Throws BAD_USER_INPUT naming the field. */
export function changePreferences(preferences: Preferences, changes: Partial<Preferences>): Preferences {
  const { language, timeZone } = changes;
  return {
    language: language == null ? keptOrCleared(preferences.language, language) : languageTag(language),
    timeZone: timeZone == null ? keptOrCleared(preferences.timeZone, timeZone) : zoneName(timeZone),
  };
}

function keptOrCleared(current: string | null, change: null | undefined): string | null {
  return change === null ? null : current;
}

function languageTag(text: string): string {
  const tag = text.length <= 35 ? canonical(() => Intl.getCanonicalLocales(text)[0]) : undefined;
  if (tag !== undefined) return tag;
  throw new AppError('BAD_USER_INPUT', 'language must be a BCP 47 tag of at most 35 characters, as en-GB.', {
    details: { field: 'language' },
  });
}

/** Offsets (`+01:00`) are no zones: they know nothing of summer. */
function zoneName(text: string): string {
  const isName = /^[A-Za-z]/.test(text) && text.length <= 64;
  const zone = isName
    ? canonical(() => new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone)
    : undefined;
  if (zone !== undefined) return zone;
  throw new AppError('BAD_USER_INPUT', 'timeZone must be a name of the IANA database, as Europe/Berlin.', {
    details: { field: 'timeZone' },
  });
}

function canonical(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
